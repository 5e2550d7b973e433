// Linux kernel/sys.c: process groups and sessions (setpgid(2), setsid(2)).
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {

static Result<task_struct*> processNamed(int pid) {
    task_struct* p = pid ? find_task_by_vpid(pid) : current;
    return p ? Result<task_struct*>(p) : Failure{-ESRCH};
}

static int mayMove(task_struct* p, const task_struct* leader) {
    if (!thread_group_leader(p)) return -EINVAL;
    if (same_thread_group(p->real_parent, leader)) {
        if (task_session_nr(p) != task_session_nr(leader)) return -EPERM;
        if (p->did_exec || !(p->flags & PF_FORKNOEXEC)) return -EACCES;    // too late once the child has exec'ed
    } else if (p != leader) {
        return -ESRCH;
    }
    return p->signal->leader ? -EPERM : 0;
}

SYSCALL_DEFINE(2, setpgid, (int, pid), (int, pgid)) {
    task_struct* leader = current->group_leader;
    if (!pid) pid = leader->pid;
    if (!pgid) pgid = pid;
    if (pgid < 0) return -EINVAL;
    task_struct* p = find_task_by_vpid(pid);
    if (!p) return -ESRCH;
    TRY_INT(mayMove(p, leader));
    kernel::pid* group = p->pids[PIDTYPE_PID];
    if (pgid != pid) {
        group = find_vpid(pgid);
        if (!group || group->tasks[PIDTYPE_PGID].empty() ||
            task_session_nr(group->tasks[PIDTYPE_PGID].front()) != task_session_nr(leader))
            return -EPERM;
    }
    if (p->pids[PIDTYPE_PGID] != group) change_pid(p, PIDTYPE_PGID, group);
    return 0;
}

SYSCALL_DEFINE(1, getpgid, (int, pid)) { return task_pgrp_nr(TRY(processNamed(pid))); }
SYSCALL_DEFINE(0, getpgrp) { return task_pgrp_nr(current); }
SYSCALL_DEFINE(1, getsid, (int, pid)) { return task_session_nr(TRY(processNamed(pid))); }

static TRACED(void, __set_special_pids, (kernel::pid*, pid)) {
    task_struct* leader = current->group_leader;
    if (leader->pids[PIDTYPE_SID] != pid) change_pid(leader, PIDTYPE_SID, pid);
    if (leader->pids[PIDTYPE_PGID] != pid) change_pid(leader, PIDTYPE_PGID, pid);
}

SYSCALL_DEFINE(0, setsid) {
    task_struct* leader = current->group_leader;
    kernel::pid* sid = leader->pids[PIDTYPE_PID];
    if (leader->signal->leader || !sid->tasks[PIDTYPE_PGID].empty()) return -EPERM;
    leader->signal->leader = true;
    __set_special_pids(sid);
    leader->signal->tty = nullptr;
    return sid->nr;
}

}  // namespace kernel
