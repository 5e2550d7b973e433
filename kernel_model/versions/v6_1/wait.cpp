// Linux 6.1 kernel/exit.c: kernel_wait4, do_wait, and who is woken for a dead child.
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/versions/v6_1/process.hpp"

#include <climits>

namespace kernel::v6_1 {
namespace {

// A child of mine, or of another thread of my group without __WNOTHREAD.
bool is_effectively_child(const wait_opts* wo, const task_struct* target) {
    const task_struct* parent = target->real_parent;
    return current == parent || (!(wo->flags & static_cast<int>(__WNOTHREAD)) && same_thread_group(current, parent));
}

TRACED(int, do_wait_pid, (wait_opts*, wo)) {
    const pid* number = find_vpid(wo->id);
    if (!number || number->tasks[PIDTYPE_TGID].empty()) return 0;
    task_struct* target = number->tasks[PIDTYPE_TGID].front();
    return is_effectively_child(wo, target) ? wait_consider_task(wo, target) : 0;
}

bool nobodyHasThatPid(const wait_opts* wo) {
    if (wo->type == P_ALL || wo->id == 0) return false;
    const pid* number = find_vpid(wo->id);
    return !number || number->tasks[wo->type == P_PID ? PIDTYPE_PID : PIDTYPE_PGID].empty();
}

int findChild(wait_opts* wo) {
    if (nobodyHasThatPid(wo)) return 0;
    if (wo->type == P_PID) return do_wait_pid(wo);
    task_struct* tsk = current;
    do {
        if (const int pid = do_wait_thread(wo, tsk)) return pid;
        if (wo->flags & static_cast<int>(__WNOTHREAD)) break;
        tsk = next_thread(tsk);
    } while (tsk != current);
    return 0;
}

TRACED(int, default_wake_function, (task_struct*, sleeper)) {
    return try_to_wake_up(sleeper, TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE);
}
TRACED(int, child_wait_callback, (task_struct*, sleeper), (task_struct*, p)) {
    const wait_opts* wo = sleeper->child_wait;
    if (wo && !eligible_pid(wo, p)) return 0;
    if (wo && (wo->flags & static_cast<int>(__WNOTHREAD)) && sleeper != p->parent.get()) return 0;
    return default_wake_function(sleeper);
}
TRACED(const pid*, find_get_pid, (int, nr)) { return find_vpid(nr); }

}  // namespace

TRACED(void, __wake_up_sync_key, (task_struct*, p), (task_struct*, parent)) {
    const std::list<task_struct*> sleepers = parent->signal->wait_chldexit.task_list;   // waking does not run them
    for (task_struct* sleeper : sleepers) child_wait_callback(sleeper, p);
}

TRACED(long, do_wait, (wait_opts*, wo)) { return waitFor(wo, findChild); }

TRACED(long, kernel_wait4, (wait_opts*, wo), (UserPtr<int>, stat_addr)) {
    if (wo->id == INT_MIN) return -ESRCH;
    if (wo->type != P_ALL) find_get_pid(wo->id);
    const long pid = do_wait(wo);
    return pid > 0 && stat_addr && put_user(wo->status, stat_addr) ? -EFAULT : pid;
}

long wait4(wait_opts* wo, UserPtr<int> stat_addr, UserPtr<Rusage> ru) {
    const long pid = kernel_wait4(wo, stat_addr);
    return pid > 0 && ru && put_user(wo->usage, ru) ? -EFAULT : pid;
}

}  // namespace kernel::v6_1
