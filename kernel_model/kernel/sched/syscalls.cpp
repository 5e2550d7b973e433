// Linux kernel/sched/core.c: the scheduler's system calls on one CPU (sched(7)). kernel/sched/priority.cpp has nice values.
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/kernel/timespec.hpp"

#include <algorithm>

namespace kernel {

constexpr int RESET_ON_FORK = 0x40000000, POLICY_IDLE = 5;
constexpr u64 MASK_BYTES = 8;

static Result<task_struct*> taskNamed(int pid) {
    if (pid < 0) return Failure{-EINVAL};
    task_struct* p = pid ? find_task_by_vpid(pid) : current;
    return p ? Result<task_struct*>(p) : Failure{-ESRCH};
}
static bool sameOwner(const task_struct* p) {
    return current->cred->euid == p->cred->euid || current->cred->euid == p->cred->uid;
}

SYSCALL_DEFINE(0, sched_yield) {
    runqueue.yields = true;
    schedule();
    return 0;
}

SYSCALL_DEFINE(3, sched_getaffinity, (int, pid), (u32, len), (UserPtr<u64>, user_mask_ptr)) {
    if (len < MASK_BYTES || len % 8) return -EINVAL;
    if (pid && !find_task_by_vpid(pid)) return -ESRCH;
    const u64 mask = 1;
    return copy_to_user(user_mask_ptr, &mask, MASK_BYTES) ? -EFAULT : static_cast<long>(MASK_BYTES);
}
SYSCALL_DEFINE(3, sched_setaffinity, (int, pid), (u32, len), (UserPtr<u64>, user_mask_ptr)) {
    u64 mask = 0;
    if (copy_from_user(&mask, user_mask_ptr, len < MASK_BYTES ? len : MASK_BYTES)) return -EFAULT;
    const task_struct* p = pid ? find_task_by_vpid(pid) : current_task;
    if (!p) return -ESRCH;
    if (p->flags & PF_NO_SETAFFINITY) return -EINVAL;
    if (!sameOwner(p) && !capable(CAP_SYS_NICE)) return -EPERM;
    return mask & 1 ? 0 : -EINVAL;
}

// ---- Policies.

static bool isRealTimePolicy(int policy) { return policy == SCHED_FIFO || policy == SCHED_RR; }
static bool isPolicy(int policy) {
    return isRealTimePolicy(policy) || policy == SCHED_OTHER || policy == SCHED_BATCH || policy == POLICY_IDLE;
}

SYSCALL_DEFINE(1, sched_getscheduler, (int, pid)) {
    const task_struct* p = TRY(taskNamed(pid));
    return p->policy | (p->sched_reset_on_fork ? RESET_ON_FORK : 0);
}
SYSCALL_DEFINE(2, sched_getparam, (int, pid), (UserPtr<int>, param)) {
    if (!param) return -EINVAL;
    return put_user(TRY(taskNamed(pid))->rt_priority.get(), param);
}

// sched(7), "Privileges and resource limits".
static bool maySetPolicy(const task_struct* p, int policy, int priority, bool reset) {
    if (capable(CAP_SYS_NICE)) return true;
    const u64 limit = p->signal->rlim[RLIMIT_RTPRIO].rlim_cur;
    if (isRealTimePolicy(policy)) {
        if (policy != p->policy && !limit) return false;
        if (priority > p->rt_priority && static_cast<u64>(priority) > limit) return false;
    }
    if (p->policy == POLICY_IDLE && policy != POLICY_IDLE && !mayNice(p, p->static_prio - DEFAULT_PRIO)) return false;
    return sameOwner(p) && !(p->sched_reset_on_fork && !reset);
}

static long setPolicy(task_struct* p, int policy, int priority, bool reset) {
    if (!isPolicy(policy) || priority < 0 || priority > 99 || isRealTimePolicy(policy) != (priority != 0)) return -EINVAL;
    if (!maySetPolicy(p, policy, priority, reset)) return -EPERM;
    p->sched_reset_on_fork = reset;
    p->policy = policy;
    p->rt_priority = priority;
    p->prio = normalPrio(p);
    requeue(p);
    if (!runQueueEmpty()) current->need_resched = true;     // somebody else may have to go first now
    return 0;
}
SYSCALL_DEFINE(3, sched_setscheduler, (int, pid), (int, policy), (UserPtr<int>, param)) {
    if (policy < 0 || !param || pid < 0) return -EINVAL;
    const int priority = TRY(get_user(param));
    return setPolicy(TRY(taskNamed(pid)), policy & ~RESET_ON_FORK, priority, policy & RESET_ON_FORK);
}
SYSCALL_DEFINE(2, sched_setparam, (int, pid), (UserPtr<int>, param)) {
    if (!param || pid < 0) return -EINVAL;
    const int priority = TRY(get_user(param));
    task_struct* p = TRY(taskNamed(pid));
    return setPolicy(p, p->policy, priority, p->sched_reset_on_fork);
}
// ---- sched_setattr(2), sched_getattr(2).

struct sched_attr {
    u32 size, sched_policy;
    u64 sched_flags;
    i32 sched_nice;
    u32 sched_priority;
    u64 sched_runtime, sched_deadline, sched_period;
    u32 sched_util_min, sched_util_max;
};
constexpr u32 SCHED_ATTR_SIZE_VER0 = 48;
constexpr u64 FLAG_RESET_ON_FORK = 1, FLAG_KEEP_POLICY = 8, FLAG_KEEP_PARAMS = 0x10, FLAG_ALL = 0x7f;

// A program built for another kernel passes more or less; what is more must be zero, else it is told the size.
static Result<sched_attr> sched_copy_attr(UserPtr<void> uattr) {
    sched_attr attr{};
    u32 size = TRY(get_user(UserPtr<u32>{uattr.address}));
    if (!size) size = SCHED_ATTR_SIZE_VER0;
    bool fits = size >= SCHED_ATTR_SIZE_VER0 && size <= PAGE_SIZE;
    for (u64 at = sizeof attr; fits && at < size; ++at) fits = TRY(get_user(UserPtr<u8>{uattr.address + at})) == 0;
    if (!fits) {
        static_cast<void>(put_user(static_cast<u32>(sizeof attr), UserPtr<u32>{uattr.address}));
        return Failure{-E2BIG};
    }
    if (copy_from_user(&attr, uattr, std::min<u64>(size, sizeof attr))) return Failure{-EFAULT};
    if (attr.sched_flags & 0x60 && size < sizeof attr) return Failure{-EINVAL};     // SCHED_FLAG_UTIL_CLAMP
    attr.sched_nice = std::clamp(attr.sched_nice, -20, 19);
    return attr;
}
SYSCALL_DEFINE(3, sched_setattr, (pid_t, pid), (UserPtr<void>, uattr), (unsigned, flags)) {
    if (!uattr || pid < 0 || flags) return -EINVAL;
    const sched_attr attr = TRY(sched_copy_attr(uattr));
    if (static_cast<int>(attr.sched_policy) < 0) return -EINVAL;
    task_struct* p = TRY(taskNamed(pid));
    const bool keeps = attr.sched_flags & FLAG_KEEP_PARAMS;
    const int policy = attr.sched_flags & FLAG_KEEP_POLICY ? p->policy.get() : static_cast<int>(attr.sched_policy);
    const int priority = keeps ? p->rt_priority.get() : static_cast<int>(attr.sched_priority);
    if (attr.sched_flags & ~FLAG_ALL) return -EINVAL;
    const bool nicer = !keeps && !isRealTimePolicy(policy) && attr.sched_nice != p->static_prio - DEFAULT_PRIO;
    if (nicer && attr.sched_nice < p->static_prio - DEFAULT_PRIO && !mayNice(p, attr.sched_nice)) return -EPERM;
    TRY_INT(static_cast<int>(setPolicy(p, policy, priority, attr.sched_flags & FLAG_RESET_ON_FORK)));
    if (nicer) p->static_prio = DEFAULT_PRIO + attr.sched_nice, p->prio = normalPrio(p);
    return 0;
}
SYSCALL_DEFINE(4, sched_getattr, (pid_t, pid), (UserPtr<void>, uattr), (unsigned, usize), (unsigned, flags)) {
    if (!uattr || pid < 0 || usize > PAGE_SIZE || usize < SCHED_ATTR_SIZE_VER0 || flags) return -EINVAL;
    const task_struct* p = TRY(taskNamed(pid));
    sched_attr attr{};
    attr.size = std::min<u32>(usize, sizeof attr);
    attr.sched_policy = static_cast<u32>(p->policy.get());
    attr.sched_flags = p->sched_reset_on_fork ? FLAG_RESET_ON_FORK : 0;
    if (isRealTimePolicy(p->policy)) attr.sched_priority = static_cast<u32>(p->rt_priority.get());
    else attr.sched_nice = p->static_prio - DEFAULT_PRIO;
    return copy_to_user(uattr, &attr, attr.size) ? -EFAULT : 0;
}

SYSCALL_DEFINE(1, sched_get_priority_max, (int, policy)) { return isRealTimePolicy(policy) ? 99 : isPolicy(policy) ? 0 : -EINVAL; }
SYSCALL_DEFINE(1, sched_get_priority_min, (int, policy)) { return isRealTimePolicy(policy) ? 1 : isPolicy(policy) ? 0 : -EINVAL; }

// SCHED_FIFO has no quantum; SCHED_RR shows Linux's 100 ms, the others what they have here (an instruction is a nanosecond).
SYSCALL_DEFINE(2, sched_rr_get_interval, (int, pid), (UserPtr<timespec>, interval)) {
    const task_struct* p = TRY(taskNamed(pid));
    const u64 ns = p->policy == SCHED_FIFO ? 0 : p->policy == SCHED_RR ? NSEC_PER_SEC / 10 : 4'000'000;
    return put_user(ns_to_timespec(ns), interval);
}

}  // namespace kernel
