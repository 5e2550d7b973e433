// Linux kernel/sched/core.c, one CPU and one round-robin queue: which task goes on is a rule of ours (docs/fidelity.md).
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/kernel/sched/fiber.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <algorithm>
#include <deque>

namespace kernel {

task_struct* current_task = &init_task;
struct rq runqueue;

namespace {

void enqueue(task_struct* p) {
    if (p == &init_task) return;            // the idle task is never queued
    runqueue.queue.push_back(p);
}
const char* stateLetter(const task_struct* p) {
    const long state = p->state;
    if (state == TASK_RUNNING) return "R";
    if (state & TASK_DEAD) return "X";
    if (state & __TASK_STOPPED) return "T";
    return state & TASK_INTERRUPTIBLE ? "S" : "D";
}
void traceSwitch(const task_struct* prev, const task_struct* next) {
    using traces::Value;
    traces::tracer().emit(traces::Kind::sched_switch,
                          {{"prev_comm", Value::text(prev->comm.get())}, {"prev_pid", Value::count(prev->pid)},
                           {"prev_state", Value::text(stateLetter(prev))}, {"next_comm", Value::text(next->comm.get())},
                           {"next_pid", Value::count(next->pid)}});
}
bool signal_pending_state(long state, const task_struct* p) {
    if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) || !signal_pending(p)) return false;
    return (state & TASK_INTERRUPTIBLE) || fatal_signal_pending(p);
}

}  // namespace

bool runQueueEmpty() { return runqueue.queue.empty(); }
void set_current_state(long state) { current->state = state; }

static TRACED(void, activate_task, (task_struct*, p)) {
    p->on_rq = true;
    enqueue(p);
}
static TRACED(void, deactivate_task, (task_struct*, p)) { p->on_rq = false; }

// Who wakes up waits for his turn; only the idle task gives way at once.
static TRACED(void, check_preempt_curr, (task_struct*, p)) {
    if (current == &init_task) current->need_resched = true;
}

static TRACED(int, try_to_wake_up, (task_struct*, p), (long, state)) {
    if (!(p->state & state)) return 0;
    p->state = TASK_RUNNING;
    if (p->on_rq) return 1;                 // not yet switched away from
    activate_task(p);
    check_preempt_curr(p);
    return 1;
}
int wakeUpState(task_struct* p, long state) { return try_to_wake_up(p, state); }
TRACED(int, wake_up_process, (task_struct*, p)) { return try_to_wake_up(p, TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE); }

TRACED(void, wake_up_new_task, (task_struct*, p)) {
    activate_task(p);
    check_preempt_curr(p);
}

TRACED(void, sched_fork, (task_struct*, p)) {
    p->state = TASK_RUNNING;
    p->prio = p->static_prio;
    p->on_rq = false;
    p->need_resched = false;
}

static TRACED(task_struct*, pick_next_task) {
    if (runqueue.queue.empty()) return &init_task;
    task_struct* next = runqueue.queue.front();
    runqueue.queue.pop_front();
    return next;
}

static TRACED(void, finish_task_switch, (task_struct*, prev)) {
    mm_struct* mm = std::exchange(runqueue.prev_mm, nullptr);
    const bool dead = prev->state == TASK_DEAD;
    if (mm) mmdrop(mm);
    if (dead) put_task_struct(prev);
}

TRACED(void, schedule_tail, (task_struct*, prev)) {
    finish_task_switch(prev);
    if (current->set_child_tid.get())
        static_cast<void>(put_user(static_cast<int>(current->pid), current->set_child_tid.get()));
}

static TRACED(void, switch_mm, (mm_struct*, prev), (mm_struct*, next)) {
    if (prev != next) processor().loadCr3(next->pgd);
}
void switchAddressSpace(mm_struct* prev, mm_struct* next) { switch_mm(prev, next); }

static void saveUserState(task_struct* prev) {
    if (!(prev->flags & PF_KTHREAD) && prev->state != TASK_DEAD) prev->thread.user = processor().registers();
}
static TRACED(void, __switch_to, (task_struct*, prev), (task_struct*, next)) {
    saveUserState(prev);
    if (!(next->flags & PF_KTHREAD)) processor().registers() = next->thread.user;
    current_task = next;
    traces::tracer().setTask(next->pid);
}

static TRACED(void, context_switch, (task_struct*, prev), (task_struct*, next)) {
    mm_struct* oldmm = prev->active_mm;
    if (!next->mm) {
        next->active_mm = oldmm;
        ++oldmm->mm_count;
    } else {
        switch_mm(oldmm, next->mm);
    }
    if (!prev->mm) {
        prev->active_mm = nullptr;
        runqueue.prev_mm = oldmm;
    }
    __switch_to(prev, next);
    runqueue.prev = prev;
    runqueue.tick_at = processor().instructions() + machine().boot.quantum;
    Fiber::switchTo(*prev->stack, *next->stack, prev->state == TASK_DEAD);
    stopIfMachineEnded();
    finish_task_switch(runqueue.prev);
}

static TRACED(void, __schedule) {
    task_struct* prev = current;
    if (prev->state != TASK_RUNNING) {
        if (signal_pending_state(prev->state, prev)) prev->state = TASK_RUNNING;
        else deactivate_task(prev);
        ++prev->nvcsw;
    } else {
        ++prev->nivcsw;
    }
    if (prev->state == TASK_RUNNING) enqueue(prev);
    task_struct* next = pick_next_task();
    prev->need_resched = false;
    if (next == prev) return;
    if (traces::tracer().on(traces::Kind::sched_switch)) traceSwitch(prev, next);
    context_switch(prev, next);
}
TRACED(void, schedule) { __schedule(); }
TRACED(void, schedule_preempt_disabled) { schedule(); }

static void wakeSleeper(hrtimer* timer) { wake_up_process(static_cast<task_struct*>(timer->data)); }

i64 schedule_timeout_until(u64 virtual_ns) {
    hrtimer timer;
    timer.function = wakeSleeper;
    timer.data = current;
    current->wake_time = virtual_ns;
    if (virtual_ns <= ktime_get()) set_current_state(TASK_RUNNING);
    else hrtimer_start(&timer, virtual_ns);
    schedule();
    current->wake_time = 0;
    const u64 now = ktime_get();
    return virtual_ns > now ? static_cast<i64>(virtual_ns - now) : 0;
}

}  // namespace kernel
