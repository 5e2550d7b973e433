// Inside the scheduler (Linux kernel/sched/sched.h) and between it and the entry code.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

#include <deque>

namespace kernel {

struct rq {
    std::deque<task_struct*> queue;         // runnable tasks that do not run, next first
    mm_struct* prev_mm = nullptr;           // borrowed by a kernel thread that was switched away from
    task_struct* prev = nullptr;            // whom the last switch left
    u64 tick_at = 0;                        // instruction count at which the quantum ends
};
extern struct rq runqueue;

int wakeUpState(task_struct*, long state);  // wake_up_state
void switchAddressSpace(mm_struct* prev, mm_struct* next);     // activate_mm's part of switch_mm
void schedule_tail(task_struct* prev);
void sched_fork(task_struct*);
void stopIfMachineEnded();                  // init/main.cpp: on pid 0's stack, unwinds to start_kernel
void taskMain();                            // arch/x86/kernel/entry.cpp: where a new kernel stack begins

}  // namespace kernel
