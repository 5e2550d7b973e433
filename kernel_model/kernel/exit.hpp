// Inside kernel/exit.c: the end of a task, and waiting for it.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

void exit_mm(task_struct*);
void exit_notify(task_struct*, bool group_dead);
void __wake_up_parent(task_struct*, task_struct* parent);
void exit_thread();
void release_thread(task_struct*);
bool is_current_pgrp_orphaned();
u64 clock_t_of(u64 nanoseconds);            // USER_HZ 100
struct Rusage {                             // struct rusage of getrusage(2), x86-64
    i64 utime_sec, utime_usec, stime_sec, stime_usec;
    i64 maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};
static_assert(sizeof(Rusage) == 144);
Rusage rusageOf(task_struct*, int who);     // RUSAGE_SELF 0, CHILDREN -1, THREAD 1, BOTH -2: kernel/sys_time.cpp

}  // namespace kernel
