#include "kernel_model/include/version/ipc.hpp"

namespace kernel::v3_10 {

const IpcVersion ipcVersion{
    .shmmax = 0x200'0000,
    .shmall = 0x20'0000,
    .semmsl = 250,
    .semmns = 32000,
    .semopm = 32,
    .semmni = 128,
    .msgmni = 0,
    .sequence_counts_objects = true,
    .stale_id = -EIDRM,
    .stat_any = false,
    .notify_ends_with_exec = false,
    .setall_sets_pid = false,
};

}  // namespace kernel::v3_10
