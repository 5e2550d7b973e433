// Between the files of v3.10's fork and exit.
#pragma once

#include "kernel_model/include/version/process.hpp"

namespace kernel::v3_10 {

void boot();                            // boot.cpp

long clone(kernel_clone_args*);
pid_t kernel_thread(KernelThreadFunction, ThreadArgument, u64 flags);
pid_t startInit(KernelThreadFunction);
int copy_thread(u64 clone_flags, u64 stack_start, u64 stack_size, task_struct*);
long do_arch_prctl(task_struct*, int code, u64 address);
void schedule_tail(task_struct* prev);
void mm_release(task_struct*, mm_struct*);
[[noreturn]] void do_exit(long code);
[[noreturn]] void do_group_exit(int exit_code);
void exit_notify(task_struct*, bool group_dead);
void release_task(task_struct*);
long do_wait(wait_opts*);
long wait4(wait_opts*, UserPtr<int> status, UserPtr<Rusage>);

}  // namespace kernel::v3_10
