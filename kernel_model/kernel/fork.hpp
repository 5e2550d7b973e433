// The steps of copy_process that both kernel versions share (Linux kernel/fork.c).
#pragma once

#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

constexpr u64 CLONE_CLEAR_SIGHAND = u64{1} << 32;  // clone3 only

void copy_flags(u64 clone_flags, task_struct*);
void rt_mutex_init_task(task_struct*);
void init_sigpending(sigpending*);
void posix_cpu_timers_init(task_struct*);
void do_posix_clock_monotonic_gettime(u64& now);
int copy_semundo(u64 clone_flags, task_struct*);
int copy_sighand(u64 clone_flags, task_struct*);
int copy_signal(u64 clone_flags, task_struct*);
int copy_mm(u64 clone_flags, task_struct*);
int copy_namespaces(u64 clone_flags, task_struct*);
int copy_io(u64 clone_flags, task_struct*);
void exit_sem(task_struct*);
void exit_task_namespaces(task_struct*);
void ptrace_init_task(task_struct*, bool ptrace);
int wait_for_vfork_done(task_struct* child, completion* vfork);
void complete_vfork_done(task_struct*);
int wait_for_completion_killable(completion*);
void traceTask(const task_struct*);                                 // the `task` event
void traceFork(const task_struct* parent, const task_struct* child);
bool mayExceedProcessLimit();

// What copy_process has built so far. Its destructor is the ladder: each step done is undone, last first.
struct Ladder {
    enum Step { none, task, count, semundo, files, fs, sighand, signal, mm, namespaces, pid };
    task_struct* p = nullptr;
    u64 clone_flags = 0;
    kernel::pid* number = nullptr;
    Step reached = none;

    ~Ladder();
    int did(Step step, int error) {
        if (error >= 0) reached = step;
        return error;
    }
    Ladder() = default;
    Ladder(const Ladder&) = delete;
    Ladder& operator=(const Ladder&) = delete;
};
int refuseNamespaces(u64 clone_flags);
// kernel/futex
void exit_robust_list(task_struct*);
int futexWake(u64 address, int count);          // on current's mm; how many were woken
void exit_pi_state_list(task_struct*);
bool holdsPiState(const task_struct*);          // somebody waits for a PI futex of his

}  // namespace kernel
