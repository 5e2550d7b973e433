// Linux kernel/sched/core.c, one CPU. kernel/sched/run_queue.cpp says who goes on (docs/fidelity.md).
#include "kernel_model/include/counts.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/rseq.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/kernel/sched/fiber.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <algorithm>
#include <deque>

namespace kernel {

task_struct* current_task = &init_task;

namespace {

const char* stateLetter(const task_struct* p) {
    const TaskState state = p->state;
    if (state == TASK_RUNNING) return "R";
    if (state & TASK_DEAD) return p->exit_state == EXIT_ZOMBIE && version().process.zombiesShow ? "Z" : "X";
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
bool signal_pending_state(TaskState state, const task_struct* p) {
    if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) || !signal_pending(p)) return false;
    return (state & TASK_INTERRUPTIBLE) || fatal_signal_pending(p);
}

}  // namespace

void set_current_state(TaskState state) { current->state = state; }

traces::Value traceValue(TaskState state) {
    constexpr TaskState differ[] = {EXIT_ZOMBIE, EXIT_DEAD, TASK_DEAD, TASK_WAKEKILL};
    long shown = state;
    for (const TaskState bit : differ) shown &= ~bit;
    for (std::size_t i = 0; i < std::size(differ); ++i)
        if (state & differ[i]) shown |= version().process.stateBits[i];
    return traces::Value::count(shown);
}
StateField& StateField::operator=(TaskState state) {
    if (traces::tracer().on(traces::Kind::set) && state != value_) [[unlikely]]
        traces::fieldChanged(this, version().process.stateField, traceValue(value_), traceValue(state));
    value_ = state;
    return *this;
}

static TRACED(void, activate_task, (task_struct*, p)) {
    p->on_rq = true;
    enqueue_task(p, QueueEnd::back);
}
static TRACED(void, deactivate_task, (task_struct*, p)) { p->on_rq = false; }

// Who wakes up waits for his turn; only the idle task, and who has a lower priority than a real-time task, give way at once.
static TRACED(void, check_preempt_curr, (task_struct*, p)) {
    if (preempts(p, current)) current->need_resched = true;
}

TRACED(int, try_to_wake_up, (task_struct*, p), (TaskState, state)) {
    if (!(p->state & state)) return 0;
    p->state = TASK_RUNNING;
    if (p->on_rq) return 1;                 // not yet switched away from
    activate_task(p);
    check_preempt_curr(p);
    return 1;
}
int wakeUpState(task_struct* p, TaskState state) { return try_to_wake_up(p, state); }
TRACED(int, wake_up_process, (task_struct*, p)) { return try_to_wake_up(p, TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE); }

TRACED(void, wake_up_new_task, (task_struct*, p)) {
    p->state = TASK_RUNNING;
    activate_task(p);
    check_preempt_curr(p);
}

static void resetOnFork(task_struct* p) {
    if (!p->sched_reset_on_fork) return;
    if (p->policy == SCHED_FIFO || p->policy == SCHED_RR) {
        p->policy = SCHED_OTHER;
        p->static_prio = DEFAULT_PRIO;
        p->rt_priority = 0;
    } else if (p->static_prio < DEFAULT_PRIO) {
        p->static_prio = DEFAULT_PRIO;
    }
    p->sched_reset_on_fork = false;
}

void schedNewTask(task_struct* p) {
    p->state = version().process.newTaskState;
    resetOnFork(p);
    p->prio = normalPrio(p);
    p->on_rq = false;
    p->need_resched = false;
}

static TRACED(task_struct*, pick_next_task) {
    return takeNext();
}

TRACED(void, finish_task_switch, (task_struct*, prev)) {
    mm_struct* mm = std::exchange(runqueue.prev_mm, nullptr);
    const bool dead = prev->state == TASK_DEAD;
    if (mm) mmdrop(mm);
    if (dead) put_task_struct(prev);
}

void storeChildTid() {
    if (current->set_child_tid.get())
        static_cast<void>(put_user(static_cast<int>(current->pid), current->set_child_tid.get()));
}

void switchAddressSpace(mm_struct* prev, mm_struct* next) {
    if (prev != next) processor().loadCr3(next->pgd);
}

static bool hasUserState(const task_struct* p) { return !(p->flags & PF_KTHREAD) && !p->kthread_function; }
static void saveUserState(task_struct* prev) {
    if (hasUserState(prev) && prev->state != TASK_DEAD) prev->thread.user = processor().registers();
}
static TRACED(void, __switch_to, (task_struct*, prev), (task_struct*, next)) {
    saveUserState(prev);
    if (hasUserState(next)) processor().registers() = next->thread.user;
    current_task = next;
    traces::tracer().setTask(next->pid);
}

static TRACED(void, context_switch, (task_struct*, prev), (task_struct*, next)) {
    rseq_preempt(prev);
    ++kernel_counts.context_switches;
    mm_struct* oldmm = prev->active_mm;
    if (!next->mm) {
        next->active_mm = oldmm;
        ++oldmm->mm_count;
    } else {
        version().process.switch_mm(oldmm, next->mm);
    }
    if (!prev->mm) {
        prev->active_mm = nullptr;
        runqueue.prev_mm = oldmm;
    }
    __switch_to(prev, next);
    runqueue.prev = prev;
    runqueue.tick_at = processor().instructions() + quantumOf(next);
    Fiber::switchTo(*prev->stack, *next->stack, prev->state == TASK_DEAD);
    stopIfMachineEnded();
    finish_task_switch(runqueue.prev);
}

TRACED(void, __schedule) {
    task_struct* prev = current;
    if (prev->state != TASK_RUNNING) {
        if (signal_pending_state(prev->state, prev)) prev->state = TASK_RUNNING;
        else deactivate_task(prev);
        ++prev->nvcsw;
    } else {
        ++prev->nivcsw;
    }
    if (prev->state == TASK_RUNNING) enqueue_task(prev, placeOf(prev));
    runqueue.yields = runqueue.turn_over = false;
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
