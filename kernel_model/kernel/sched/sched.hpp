// Inside the scheduler (Linux kernel/sched/sched.h) and between it and the entry code.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

#include "kernel_model/include/run_queue_order.hpp"

#include <deque>
#include <map>
#include <vector>

namespace kernel {

struct rq {
    std::deque<task_struct*> queue;         // runnable tasks that do not run, next first
    std::map<int, std::deque<task_struct*>> real_time;  // those of SCHED_FIFO and SCHED_RR by prio; the lowest goes first
    bool yields = false;                    // sched_yield: the present task gives up its place
    bool turn_over = false;                 // the present task's quantum has ended
    mm_struct* prev_mm = nullptr;           // borrowed by a kernel thread that was switched away from
    task_struct* prev = nullptr;            // whom the last switch left
    u64 tick_at = 0;                        // instruction count at which the quantum ends
};
extern struct rq runqueue;

// kernel/sched/run_queue.cpp
enum class QueueEnd : u8 { front, back };
void enqueue_task(task_struct*, QueueEnd);
std::vector<const task_struct*> runQueueOrdered();     // who can run and does not, next first
void requeue(task_struct*);                 // after its priority has changed
task_struct* takeNext();                    // the idle task when nobody can run
QueueEnd placeOf(const task_struct* prev);
bool preempts(const task_struct* p, const task_struct* running);
u64 quantumOf(const task_struct*);          // instructions
std::list<task_struct*> targetsOf(int which, int who);       // PRIO_*: the tasks that setpriority(2) means; kernel/sched/priority.cpp
bool mayNice(const task_struct*, int nice);  // kernel/sched/priority.cpp

int wakeUpState(task_struct*, TaskState state);  // wake_up_state
int try_to_wake_up(task_struct*, TaskState state);
void __schedule();
void finish_task_switch(task_struct* prev);
void storeChildTid();                       // CLONE_CHILD_SETTID
void waitUntilDone(completion*, TaskState state);
void switchAddressSpace(mm_struct* prev, mm_struct* next);     // loads CR3 when they differ
void schedNewTask(task_struct*);            // what sched_fork does
constexpr int DEFAULT_PRIO = 120, MAX_RT_PRIO = 100;
inline int normalPrio(const task_struct* p) { return p->rt_priority ? MAX_RT_PRIO - 1 - p->rt_priority : p->static_prio.get(); }
void stopIfMachineEnded();                  // init/main.cpp: on pid 0's stack, unwinds to start_kernel
void taskMain();                            // arch/x86/kernel/entry.cpp: where a new kernel stack begins

}  // namespace kernel
