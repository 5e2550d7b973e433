#include "kernel_model/include/version/ipc.hpp"

namespace kernel::v6_1 {

const IpcVersion ipcVersion{
    .shmmax = ~u64{0} - (u64{1} << 24),
    .shmall = ~u64{0} - (u64{1} << 24),
    .semmsl = 32000,
    .semmns = 1'024'000'000,
    .semopm = 500,
    .semmni = 32000,
    .msgmni = 32000,
    .sequence_counts_objects = false,
    .stale_id = -EINVAL,
    .stat_any = true,
    .notify_ends_with_exec = true,
    .setall_sets_pid = true,
};

}  // namespace kernel::v6_1
