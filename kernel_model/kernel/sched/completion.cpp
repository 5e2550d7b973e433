// Linux kernel/sched/core.c: wait queues and completions.
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

namespace kernel {

traces::Value traceValue(completion* c) { return c ? traces::Value::text("completion") : traces::Value::null(); }

void wake_up(wait_queue_head_t& queue) {
    ++queue.wakeups;
    const std::list<task_struct*> sleepers = queue.task_list;   // waking does not run them
    for (task_struct* p : sleepers) wake_up_process(p);
}

TRACED(void, complete, (completion*, x)) {
    x->done = true;
    wake_up(x->wait);
}

void waitUntilDone(completion* x, TaskState state) {
    while (!x->done && !(state == TASK_KILLABLE && fatal_signal_pending(current))) {
        x->wait.task_list.push_back(current);
        set_current_state(state);
        schedule();
        x->wait.task_list.remove(current);
    }
}
TRACED(void, wait_for_completion, (completion*, x)) { waitUntilDone(x, TASK_UNINTERRUPTIBLE); }
TRACED(int, wait_for_completion_killable, (completion*, x)) {
    waitUntilDone(x, TASK_KILLABLE);
    return x->done ? 0 : -ERESTARTSYS;
}

}  // namespace kernel
