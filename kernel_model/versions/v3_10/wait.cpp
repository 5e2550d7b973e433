// Linux v3.10 kernel/exit.c: do_wait.
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/versions/v3_10/process.hpp"

#include <algorithm>

namespace kernel::v3_10 {

static TRACED(int, ptrace_do_wait, (wait_opts*, wo), (task_struct*, tsk)) { return 0; }

static int childOf(wait_opts* wo, task_struct* tsk) {
    const int pid = do_wait_thread(wo, tsk);
    return pid ? pid : ptrace_do_wait(wo, tsk);
}
// One scan of the caller's children, then of those of every other thread of the group.
static int findChild(wait_opts* wo) {
    if (const int pid = childOf(wo, current)) return pid;
    if (wo->flags & static_cast<int>(__WNOTHREAD)) return 0;
    const TaskList& threads = current->group_leader->thread_group;
    const auto mine = std::ranges::find(threads, current_task);
    for (auto it = std::next(mine); it != threads.end(); ++it)
        if (const int pid = childOf(wo, *it)) return pid;
    for (auto it = threads.begin(); it != mine; ++it)
        if (const int pid = childOf(wo, *it)) return pid;
    return 0;
}

TRACED(long, do_wait, (wait_opts*, wo)) { return waitFor(wo, findChild); }

long wait4(wait_opts* wo, UserPtr<int> stat_addr, UserPtr<Rusage> ru) {
    const long pid = do_wait(wo);
    if (pid <= 0) return pid;
    if (stat_addr && put_user(wo->status, stat_addr)) return -EFAULT;   // the child is reaped all the same
    return ru && put_user(wo->usage, ru) ? -EFAULT : pid;
}

}  // namespace kernel::v3_10
