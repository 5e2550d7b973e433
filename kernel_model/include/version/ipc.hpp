// See version.hpp. The limits and answers of System V IPC that changed between the versions (sysvipc(7), shmget(2), semget(2), msgget(2)).
#pragma once

#include "kernel_model/include/linux/types.hpp"

namespace kernel {

struct IpcVersion {
    u64 shmmax, shmall;                     // bytes of a segment, pages of all
    int semmsl, semmns, semopm, semmni;
    int msgmni;                             // 0: a 32nd of memory, in queues of the default size
    bool sequence_counts_objects;           // of an id: +1 for each object; else when a slot is used again
    int stale_id;                           // errno of an id whose slot is somebody else's
    bool stat_any;                          // SHM_STAT_ANY and its like
    bool notify_ends_with_exec;             // mq_notify(3): a signal is for the program that asked
    bool setall_sets_pid;                   // GETPID tells who called SETALL
};
const IpcVersion& ipcVersion();             // of version()

namespace v3_10 { extern const IpcVersion ipcVersion; }
namespace v6_1 { extern const IpcVersion ipcVersion; }

}  // namespace kernel
