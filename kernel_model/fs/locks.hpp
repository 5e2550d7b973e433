// What locks.cpp (flock(2)) and locks_posix.cpp (fcntl(2)) keep of a file (Linux include/linux/fs.h).
#pragma once

#include "kernel_model/fs/internal.hpp"

#include <list>

namespace kernel {

struct WholeLock { const file* owner; unsigned type; pid_t pid; u64 number; };         // LOCK_SH, LOCK_EX, LOCK_MAND and what else it tells
struct file_lock {                          // of bytes start to end, both included
    const void* owner = nullptr;            // the descriptor table of a process, or the open file of F_OFD_SETLK
    bool ofd = false;
    pid_t pid = 0;
    short type = F_UNLCK;
    loff_t start = 0, end = 0;
    u64 number = 0;
};
u64 nextLockNumber();                       // what was locked last shows first in /proc/locks
struct file_lock_context {
    explicit file_lock_context(const inode*);
    ~file_lock_context();
    file_lock_context(const file_lock_context&) = delete;
    file_lock_context& operator=(const file_lock_context&) = delete;
    const inode* file;
    std::vector<WholeLock> flc_flock;
    std::vector<file_lock> flc_posix;       // by owner, in the order of their first locks; of one owner by start
    wait_queue_head_t flock_waiters, posix_waiters;
};
file_lock_context& lockContext(inode*);     // Linux locks_get_lock_context
const std::list<const file_lock_context*>& lockContexts();      // of all files that have been locked
const file_lock* firstWaiter(const inode*, const file_lock& held);     // for that record lock; null: nobody

}  // namespace kernel
