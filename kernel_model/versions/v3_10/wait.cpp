// Linux v3.10 kernel/exit.c: do_wait.
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/versions/v3_10/process.hpp"

namespace kernel::v3_10 {

static TRACED(int, ptrace_do_wait, (wait_opts*, wo), (task_struct*, tsk)) { return 0; }

// One scan of the caller's children, then of those of every other thread of the group.
static int findChild(wait_opts* wo) {
    task_struct* tsk = current;
    do {
        if (const int pid = do_wait_thread(wo, tsk)) return pid;
        if (const int pid = ptrace_do_wait(wo, tsk)) return pid;
        if (wo->flags & static_cast<int>(__WNOTHREAD)) break;
        tsk = next_thread(tsk);
    } while (tsk != current);
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
