// Descriptors of processes (pidfd_open(2)).
#pragma once

#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

struct file;

int pidfd_create(pid*, u32 flags);          // O_NONBLOCK or 0: the descriptor, closed on exec; -EMFILE
Result<pid*> pidfd_get_pid(unsigned fd, u32* flags);        // without a reference; flags: the file's; -EBADF
const pid* pidfd_pid(const file*);          // null: it is none
void do_notify_pidfd(task_struct*);         // its process has ended

}  // namespace kernel
