// Linux kernel/sched/core.c, kernel/sys.c: the scheduler's system calls on one CPU. Policies and priorities are kept as far
// as they can be read back; the round-robin queue does not look at them.
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"

namespace kernel {

constexpr int DEFAULT_PRIO = 120, CAP_NICE = 23;
constexpr u64 MASK_BYTES = 8;

static Result<task_struct*> taskNamed(int pid) {
    if (pid < 0) return Failure{-EINVAL};
    task_struct* p = pid ? find_task_by_vpid(pid) : current;
    return p ? Result<task_struct*>(p) : Failure{-ESRCH};
}

SYSCALL_DEFINE(0, sched_yield) {
    schedule();
    return 0;
}

SYSCALL_DEFINE(3, sched_getaffinity, (int, pid), (u32, len), (UserPtr<u64>, user_mask_ptr)) {
    if (len < MASK_BYTES || len % 8) return -EINVAL;
    (void)TRY(taskNamed(pid));
    const u64 mask = 1;
    return copy_to_user(user_mask_ptr, &mask, MASK_BYTES) ? -EFAULT : static_cast<long>(MASK_BYTES);
}
SYSCALL_DEFINE(3, sched_setaffinity, (int, pid), (u32, len), (UserPtr<u64>, user_mask_ptr)) {
    u64 mask = 0;
    if (copy_from_user(&mask, user_mask_ptr, len < MASK_BYTES ? len : MASK_BYTES)) return -EFAULT;
    (void)TRY(taskNamed(pid));
    return mask & 1 ? 0 : -EINVAL;
}

SYSCALL_DEFINE(1, sched_getscheduler, (int, pid)) {
    (void)TRY(taskNamed(pid));
    return 0;                               // SCHED_OTHER
}
SYSCALL_DEFINE(2, sched_getparam, (int, pid), (UserPtr<int>, param)) {
    if (!param) return -EINVAL;
    (void)TRY(taskNamed(pid));
    return put_user(0, param);
}
static long setPolicy(int pid, int policy, UserPtr<int> param) {
    if (!param) return -EINVAL;
    const int priority = TRY(get_user(param));
    (void)TRY(taskNamed(pid));
    if (policy == 0 || policy == 3 || policy == 5) return priority == 0 ? 0 : -EINVAL;  // OTHER, BATCH, IDLE
    if (policy != 1 && policy != 2) return -EINVAL;
    if (priority < 1 || priority > 99) return -EINVAL;
    if (!capable(CAP_NICE)) return -EPERM;
    unsupported("feature", "real-time scheduling", "", current_pt_regs()->ip, "EPERM");
    return -EPERM;
}
SYSCALL_DEFINE(3, sched_setscheduler, (int, pid), (int, policy), (UserPtr<int>, param)) {
    return policy < 0 ? -EINVAL : setPolicy(pid, policy & ~0x40000000, param);
}
SYSCALL_DEFINE(2, sched_setparam, (int, pid), (UserPtr<int>, param)) { return setPolicy(pid, 0, param); }
SYSCALL_DEFINE(1, sched_get_priority_max, (int, policy)) {
    if (policy == 1 || policy == 2) return 99;
    return policy == 0 || policy == 3 || policy == 5 ? 0 : -EINVAL;
}
SYSCALL_DEFINE(1, sched_get_priority_min, (int, policy)) {
    if (policy == 1 || policy == 2) return 1;
    return policy == 0 || policy == 3 || policy == 5 ? 0 : -EINVAL;
}

// ---- getpriority(2): 20 - nice, so that it is never negative.

static std::list<task_struct*> prioTargets(int which, int who) {
    std::list<task_struct*> all;
    for (task_struct* p : all_tasks()) {
        const bool hit = which == 0   ? p->pid == (who ? who : current->tgid.get())
                         : which == 1 ? task_pgrp_nr(p) == (who ? who : task_pgrp_nr(current))
                                      : p->cred->uid == (who ? static_cast<u32>(who) : current->cred->uid.get());
        if (hit) all.push_back(p);
    }
    return all;
}
SYSCALL_DEFINE(2, getpriority, (int, which), (int, who)) {
    if (which < 0 || which > 2) return -EINVAL;
    long best = -ESRCH;
    for (const task_struct* p : prioTargets(which, who)) {
        const long value = 20 - (p->static_prio - DEFAULT_PRIO);
        if (value > best) best = value;
    }
    return best;
}
SYSCALL_DEFINE(3, setpriority, (int, which), (int, who), (int, niceval)) {
    if (which < 0 || which > 2) return -EINVAL;
    const int nice = niceval < -20 ? -20 : niceval > 19 ? 19 : niceval;
    const auto targets = prioTargets(which, who);
    if (targets.empty()) return -ESRCH;
    for (task_struct* p : targets) {
        if (nice < p->static_prio - DEFAULT_PRIO && !capable(CAP_NICE)) return -EACCES;
        p->static_prio = DEFAULT_PRIO + nice;
        p->prio = p->static_prio;
    }
    return 0;
}

}  // namespace kernel
