// Between the files of v6.1's fork and exit.
#pragma once

#include "kernel_model/include/version/process.hpp"

namespace kernel::v6_1 {

void boot();                            // boot.cpp

long kernel_clone(kernel_clone_args*);
pid_t kernel_thread(KernelThreadFunction, ThreadArgument, u64 flags);
pid_t user_mode_thread(KernelThreadFunction, ThreadArgument, u64 flags);
int copy_thread(task_struct*, kernel_clone_args*);
long do_arch_prctl_64(task_struct*, int option, u64 arg2);
void schedule_tail(task_struct* prev);
int waitForVfork(completion*);
int wait_for_completion_state(completion*, TaskState state);
void exit_mm_release(task_struct*, mm_struct*);
void exec_mm_release(task_struct*, mm_struct*);
void mm_release(task_struct*, mm_struct*);
void mm_update_next_owner(mm_struct*);
[[noreturn]] void do_exit(long code);
[[noreturn]] void do_group_exit(int exit_code);
void exit_notify(task_struct*, bool group_dead);
void release_task(task_struct*);
[[noreturn]] void do_task_dead();
long wait4(wait_opts*, UserPtr<int> status, UserPtr<Rusage>);
long do_wait(wait_opts*);
void __wake_up_sync_key(task_struct* child, task_struct* parent);

}  // namespace kernel::v6_1
