// Linux kernel/task_work.c.
#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

void task_work_add(task_struct* task, callback_head work) {
    task->task_works.push_back(work);
    task->notify_resume = true;
}

// A callback may add more work; that runs too.
TRACED(void, task_work_run) {
    while (!current->task_works.empty())
        for (const callback_head& work : std::exchange(current->task_works, {})) work.func(work.data);
}

}  // namespace kernel
