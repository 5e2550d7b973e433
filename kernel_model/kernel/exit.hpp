// Inside kernel/exit.c: the end of a task, and waiting for it.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

// What every version's do_exit, exit_notify and release_task are made of: kernel/exit.cpp.
void exit_shm(task_struct*);
void disassociate_ctty(int on_exit);        // drivers/tty/tty_jobctrl.cpp
void kill_orphaned_pgrp(task_struct*, task_struct* parent);
void __wake_up_parent(task_struct*, task_struct* parent);
bool leaveGroup(task_struct*);              // true: the last thread of its group
void traceExit(const task_struct*);
[[noreturn]] void initDied(const task_struct*);
void addTimes(signal_struct*, const task_struct*);          // of a thread that is no more
void exec_notify(task_struct*);             // an exec that waits for this thread's end
void leaveThreadGroup(task_struct*);
void unlinkFamily(task_struct*);            // from the list of all tasks and from its parent's children
task_struct* aliveThread(task_struct* of, const task_struct* except);

void release_thread(task_struct*);
bool is_current_pgrp_orphaned();
u64 residentPages(const mm_struct*);
u64 clock_t_of(u64 nanoseconds);            // USER_HZ 100
struct Rusage {                             // struct rusage of getrusage(2), x86-64
    i64 utime_sec, utime_usec, stime_sec, stime_usec;
    i64 maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};
static_assert(sizeof(Rusage) == 144);
Rusage rusageOf(task_struct*, int who);     // RUSAGE_SELF 0, CHILDREN -1, THREAD 1, BOTH -2: kernel/sys_time.cpp

// kernel/wait.cpp, between wait4(2), waitid(2) and do_wait.
constexpr int P_PIDFD_TYPE = 3;
struct wait_opts {
    int type = 0;                           // P_ALL, P_PID, P_PGID
    int id = 0;
    int flags = 0;
    bool nonblocking = false;               // a descriptor of a process that does not wait
    int notask_error = -ECHILD;
    int status = 0;                         // of the child that was found
    kernel_siginfo info;
    Rusage usage{};
};
traces::Value traceValue(const wait_opts*);
bool eligible_pid(const wait_opts*, const task_struct*);
bool eligible_child(const wait_opts*, const task_struct*);
int wait_consider_task(wait_opts*, task_struct*);
int do_wait_thread(wait_opts*, task_struct*);
long waitFor(wait_opts*, int (*findChild)(wait_opts*));     // sleeps until findChild gives other than 0, or an errno

}  // namespace kernel
