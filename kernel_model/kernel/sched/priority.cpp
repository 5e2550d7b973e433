// Linux kernel/sys.c: getpriority(2) and setpriority(2). A nice value belongs to a thread.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

namespace kernel {

enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };

static int niceOf(const task_struct* p) { return p->static_prio - DEFAULT_PRIO; }

// RLIMIT_NICE: 20 - nice is the highest priority that one may ask for (getrlimit(2)).
bool mayNice(const task_struct* p, int nice) {
    return static_cast<u64>(20 - nice) <= p->signal->rlim[RLIMIT_NICE].rlim_cur || capable(CAP_SYS_NICE);
}

static std::list<task_struct*> threadsOf(const TaskList& leaders) {
    std::list<task_struct*> all;
    for (const task_struct* leader : leaders) all.splice(all.end(), leader->group_leader->thread_group.copy());
    return all;
}
std::list<task_struct*> targetsOf(int which, int who) {
    if (which == PRIO_PROCESS) {
        task_struct* p = who ? find_task_by_vpid(who) : current;
        return p ? std::list<task_struct*>{p} : std::list<task_struct*>{};
    }
    if (which == PRIO_PGRP) {
        const pid* group = who ? find_vpid(who) : task_pgrp(current);
        return group ? threadsOf(group->tasks[PIDTYPE_PGID]) : std::list<task_struct*>{};
    }
    const uid_t uid = who ? static_cast<uid_t>(who) : current->cred->uid.get();
    std::list<task_struct*> all = threadsOf(all_tasks());
    all.remove_if([uid](const task_struct* p) { return p->cred->uid != uid; });
    return all;
}

SYSCALL_DEFINE(2, getpriority, (int, which), (int, who)) {
    if (which < PRIO_PROCESS || which > PRIO_USER) return -EINVAL;
    long best = -ESRCH;
    for (const task_struct* p : targetsOf(which, who)) best = std::max<long>(best, 20 - niceOf(p));  // never negative
    return best;
}

static int set_one_prio(task_struct* p, int nice, int error) {
    const cred *mine = current->cred, *his = p->cred;
    if (his->uid != mine->euid && his->euid != mine->euid && !capable(CAP_SYS_NICE)) return -EPERM;
    if (nice < niceOf(p) && !mayNice(p, nice)) return -EACCES;
    p->static_prio = DEFAULT_PRIO + nice;
    p->prio = normalPrio(p);
    return error == -ESRCH ? 0 : error;
}
SYSCALL_DEFINE(3, setpriority, (int, which), (int, who), (int, niceval)) {
    if (which < PRIO_PROCESS || which > PRIO_USER) return -EINVAL;
    const int nice = niceval < -20 ? -20 : niceval > 19 ? 19 : niceval;
    int error = -ESRCH;
    for (task_struct* p : targetsOf(which, who)) error = set_one_prio(p, nice, error);
    return error;
}

}  // namespace kernel
