// Who runs next and for how long. Linux's classes in outline (sched(7)): real-time tasks by priority before all others; these
// in turn, or as the seed wills, for a quantum that a nice value stretches or shrinks by a quarter per step.
#include "kernel_model/include/machine.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <algorithm>

namespace kernel {

struct rq runqueue;
RunQueueOrder runQueueOrder = RunQueueOrder::round_robin;

// Real-time tasks by priority, then the others: the order in which they are taken.
std::vector<const task_struct*> runQueueOrdered() {
    std::vector<const task_struct*> all;
    for (const auto& [prio, queue] : runqueue.real_time) all.insert(all.end(), queue.begin(), queue.end());
    all.insert(all.end(), runqueue.queue.begin(), runqueue.queue.end());
    return all;
}

static void traceQueue(const char* op, const task_struct* p) {
    if (!traces::tracer().on(traces::Kind::run_queue)) return;
    const std::vector<const task_struct*> all = runQueueOrdered();
    const auto place = std::find(all.begin(), all.end(), p) - all.begin();
    traces::tracer().emit(traces::Kind::run_queue,
                          {{"op", traces::Value::text(op)}, {"task", traces::objectValue(p)}, {"place", traces::Value::count(place)}});
}

static bool isRealTime(const task_struct* p) { return p->rt_priority != 0; }

void enqueue_task(task_struct* p, QueueEnd end) {
    if (p == &init_task) return;            // the idle task is never queued
    std::deque<task_struct*>& queue = isRealTime(p) ? runqueue.real_time[p->prio] : runqueue.queue;
    if (end == QueueEnd::front) queue.push_front(p);
    else queue.push_back(p);
    traceQueue("add", p);
}

void requeue(task_struct* p) {
    if (p == current || !p->on_rq) return;
    traceQueue("remove", p);
    std::erase(runqueue.queue, p);
    for (auto& [prio, queue] : runqueue.real_time) std::erase(queue, p);
    enqueue_task(p, QueueEnd::back);
}

bool runQueueEmpty() {
    return runqueue.queue.empty() && std::ranges::all_of(runqueue.real_time, [](const auto& q) { return q.second.empty(); });
}

static task_struct* takeFrom(std::deque<task_struct*>& queue, std::size_t at) {
    task_struct* p = queue[at];
    traceQueue("remove", p);
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at));
    return p;
}
task_struct* takeNext() {
    for (auto& [prio, queue] : runqueue.real_time)
        if (!queue.empty()) return takeFrom(queue, 0);
    if (runqueue.queue.empty()) return &init_task;
    const bool random = runQueueOrder == RunQueueOrder::random;
    return takeFrom(runqueue.queue, random ? randomU64("sched") % runqueue.queue.size() : 0);
}

// A real-time task is preempted by higher ones only, and then stays the first of its priority; SCHED_RR's turn ends.
QueueEnd placeOf(const task_struct* prev) {
    const bool stays = isRealTime(prev) && !runqueue.yields && !(prev->policy == SCHED_RR && runqueue.turn_over);
    return stays ? QueueEnd::front : QueueEnd::back;
}
bool preempts(const task_struct* p, const task_struct* running) {
    return running == &init_task || (isRealTime(p) && p->prio < running->prio);
}

// One level of nice is a factor of 1.25 (sched(7)).
static u64 weighted(u64 quantum, int nice) {
    for (; nice > 0; --nice) quantum = quantum * 4 / 5;
    for (; nice < 0; ++nice) quantum = quantum * 5 / 4;
    return std::max<u64>(quantum, 1);
}
u64 quantumOf(const task_struct* p) {
    u64 quantum = machine().boot.quantum;
    if (runQueueOrder == RunQueueOrder::random) quantum = 1 + randomU64("sched") % (2 * quantum);
    return isRealTime(p) ? quantum : weighted(quantum, p->static_prio - DEFAULT_PRIO);
}

}  // namespace kernel
