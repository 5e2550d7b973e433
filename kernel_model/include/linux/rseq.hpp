// Restartable sequences (Linux include/linux/sched.h, kernel/rseq.c; rseq(2)): kernel/rseq.cpp.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

struct ksignal;
void rseq_execve(task_struct*);
void rseq_preempt(task_struct*);                            // it was switched away from
void rseq_signal_deliver(ksignal*, pt_regs*);
void rseq_handle_notify_resume(ksignal*, pt_regs*);

}  // namespace kernel
