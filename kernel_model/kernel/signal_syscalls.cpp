// Linux kernel/signal.c: kill(2), tgkill(2), rt_sigqueueinfo(2) and the masks.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/version/signal.hpp"
#include "kernel_model/kernel/pidfd.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/kernel/signal.hpp"

#include <algorithm>
#include <limits>

namespace kernel {

static bool valid_signal(int sig) { return sig >= 0 && sig <= NSIG; }

// kill(2): real or effective uid equal to the target's real or saved uid, CAP_KILL, or SIGCONT within the session.
TRACED(int, check_kill_permission, (int, sig), (const kernel_siginfo&, info), (task_struct*, t)) {
    if (!valid_signal(sig)) return -EINVAL;
    if (info.si_code > 0) return 0;         // from the kernel
    const cred* mine = current->cred;
    const cred* his = t->cred;
    if (same_thread_group(current, t) || mine->euid == his->suid || mine->euid == his->uid || mine->uid == his->suid ||
        mine->uid == his->uid || capable(CAP_KILL))
        return 0;
    return sig == SIGCONT && task_session_nr(current) == task_session_nr(t) ? 0 : -EPERM;
}

TRACED(int, group_send_sig_info, (int, sig), (const kernel_siginfo&, info), (task_struct*, p)) {
    TRY_INT(check_kill_permission(sig, info, p));
    return sig ? do_send_sig_info(sig, info, p, true) : 0;
}

static TRACED(int, kill_pid_info, (int, sig), (const kernel_siginfo&, info), (pid*, target)) {
    if (!target || target->tasks[PIDTYPE_PID].empty()) return -ESRCH;
    return group_send_sig_info(sig, info, target->tasks[PIDTYPE_PID].front());
}

static int sendToMany(const std::list<task_struct*>& targets, int sig, const kernel_siginfo& info) {
    bool reached = false;
    int error = -ESRCH;
    for (task_struct* p : targets) {
        error = group_send_sig_info(sig, info, p);
        reached |= error == 0;
    }
    return reached ? 0 : error;
}
static TRACED(int, __kill_pgrp_info, (int, sig), (const kernel_siginfo&, info), (pid*, pgrp)) {
    return sendToMany(pgrp ? pgrp->tasks[PIDTYPE_PGID] : std::list<task_struct*>{}, sig, info);
}
int kill_pgrp(int pgrp, int sig, int priv) {
    return __kill_pgrp_info(sig, priv ? kernelSiginfo(sig) : senderSiginfo(sig), find_vpid(pgrp));
}

static int killEverybody(int sig, const kernel_siginfo& info) {
    std::list<task_struct*> others;
    for (task_struct* p : all_tasks())
        if (p->pid > 1 && !same_thread_group(p, current)) others.push_back(p);
    if (others.empty()) return -ESRCH;
    const int error = sendToMany(others, sig, info);
    return error == -EPERM ? 0 : error;
}

static TRACED(int, kill_something_info, (int, sig), (const kernel_siginfo&, info), (int, pid)) {
    if (pid > 0) return kill_pid_info(sig, info, find_vpid(pid));
    if (pid == std::numeric_limits<int>::min()) return -ESRCH;
    if (pid == -1) return killEverybody(sig, info);
    return __kill_pgrp_info(sig, info, pid ? find_vpid(-pid) : task_pgrp(current));
}
SYSCALL_DEFINE(2, kill, (int, pid), (int, sig)) { return kill_something_info(sig, senderSiginfo(sig), pid); }

static TRACED(int, do_send_specific, (int, tgid), (int, pid), (int, sig), (const kernel_siginfo&, info)) {
    task_struct* p = find_task_by_vpid(pid);
    if (!p || (tgid > 0 && p->tgid != tgid)) return -ESRCH;
    TRY_INT(check_kill_permission(sig, info, p));
    if (!sig) return 0;
    const int error = do_send_sig_info(sig, info, p, false);
    return error == -ESRCH ? 0 : error;     // it ends just now: as if it had got the signal before
}
SYSCALL_DEFINE(2, tkill, (int, pid), (int, sig)) {
    return pid <= 0 ? -EINVAL : do_send_specific(0, pid, sig, senderSiginfo(sig, SI_TKILL));
}
SYSCALL_DEFINE(3, tgkill, (int, tgid), (int, pid), (int, sig)) {
    return pid <= 0 || tgid <= 0 ? -EINVAL : do_send_specific(tgid, pid, sig, senderSiginfo(sig, SI_TKILL));
}

// The codes that say what else there is (sigaction(2)): those of some signals up to a last one, of others SIGPOLL's; no code of a
// program's below SI_DETHREAD but SI_ASYNCNL.
static bool known_siginfo_layout(int sig, int code) {
    constexpr int SI_DETHREAD = -7, SI_ASYNCNL = -60, last_of_poll = 6;
    constexpr std::pair<int, int> last[] = {{SIGILL, 11}, {SIGFPE, 15}, {SIGSEGV, 9}, {SIGBUS, 5}, {SIGTRAP, 6}, {SIGCHLD, 6}, {SIGSYS, 2}};
    if (code <= 0) return code >= SI_DETHREAD || code == SI_ASYNCNL;
    const auto found = std::ranges::find(last, sig, &std::pair<int, int>::first);
    return code == SI_KERNEL || code <= (found == std::end(last) ? last_of_poll : found->second);
}

static Result<kernel_siginfo> siginfoFromUser(UserPtr<void> uinfo, int sig) {
    kernel_siginfo info;
    const u64 size = version().signal.siginfo_bytes, more = sizeof info - size;
    if (copy_from_user(&info, uinfo, size)) return Failure{-EFAULT};
    info.si_signo = sig;
    if (!more || known_siginfo_layout(sig, info.si_code)) return info;
    u8 expansion[sizeof info] = {};
    if (copy_from_user(expansion, UserPtr<void>(uinfo.address + size), more)) return Failure{-EFAULT};
    const bool empty = std::ranges::all_of(expansion, [](u8 byte) { return byte == 0; });
    if (!check("the rest of siginfo_t is 0", empty, info.si_code)) return Failure{-E2BIG};
    return info;
}
// Only the kernel says SI_USER, SI_TKILL or a positive code about others (rt_sigqueueinfo(2)).
static int pretends(const kernel_siginfo& info, int target) {
    return (info.si_code >= 0 || info.si_code == SI_TKILL) && target != current->pid ? -EPERM : 0;
}
SYSCALL_DEFINE(3, rt_sigqueueinfo, (int, pid), (int, sig), (UserPtr<void>, uinfo)) {
    const kernel_siginfo info = TRY(siginfoFromUser(uinfo, sig));
    TRY_INT(pretends(info, pid));
    return kill_pid_info(sig, info, find_vpid(pid));
}
SYSCALL_DEFINE(4, rt_tgsigqueueinfo, (int, tgid), (int, pid), (int, sig), (UserPtr<void>, uinfo)) {
    const kernel_siginfo info = TRY(siginfoFromUser(uinfo, sig));
    if (pid <= 0 || tgid <= 0) return -EINVAL;
    TRY_INT(pretends(info, pid));
    return do_send_specific(tgid, pid, sig, info);
}

SYSCALL_DEFINE(4, pidfd_send_signal, (int, pidfd), (int, sig), (UserPtr<void>, uinfo), (unsigned, flags)) {
    u32 unused = 0;
    if (flags) return -EINVAL;
    pid* const target = TRY(pidfd_get_pid(static_cast<unsigned>(pidfd), &unused));
    if (!uinfo) return kill_pid_info(sig, senderSiginfo(sig), target);
    kernel_siginfo info;
    if (copy_from_user(&info.si_signo, uinfo, sizeof info.si_signo)) return -EFAULT;
    const int claimed = info.si_signo;
    info = TRY(siginfoFromUser(uinfo, sig));
    if (claimed != sig) return -EINVAL;
    TRY_INT(pretends(info, target->nr));
    return kill_pid_info(sig, info, target);
}

// ---- Masks.

static TRACED(void, __set_task_blocked, (task_struct*, tsk), (kernel_sigset, set)) {
    if (signal_pending(tsk) && !thread_group_empty(tsk)) retarget_shared_pending(tsk, set & ~tsk->blocked);
    tsk->blocked = set;
    recalc_sigpending();
}
static TRACED(void, __set_current_blocked, (kernel_sigset, set)) {
    if (version().signal.equal_mask_is_no_change && current->blocked == set) return;
    __set_task_blocked(current, set);
}
TRACED(void, set_current_blocked, (kernel_sigset, set)) { __set_current_blocked(set & ~SIG_KERNEL_ONLY); }

static TRACED(int, sigprocmask, (int, how), (kernel_sigset, set)) {
    const kernel_sigset old = current->blocked;
    if (how == SIG_BLOCK) __set_current_blocked(old | set);
    else if (how == SIG_UNBLOCK) __set_current_blocked(old & ~set);
    else if (how == SIG_SETMASK) __set_current_blocked(set);
    else return -EINVAL;
    return 0;
}
SYSCALL_DEFINE(4, rt_sigprocmask, (int, how), (UserPtr<kernel_sigset>, nset), (UserPtr<kernel_sigset>, oset),
               (size_t, sigsetsize)) {
    if (sigsetsize != sizeof(kernel_sigset)) return -EINVAL;
    const kernel_sigset old = current->blocked;
    if (nset) TRY_INT(sigprocmask(how, TRY(get_user(nset)) & ~SIG_KERNEL_ONLY));
    return oset ? put_user(old, oset) : 0;
}

SYSCALL_DEFINE(2, rt_sigpending, (UserPtr<void>, uset), (size_t, sigsetsize)) {
    if (sigsetsize > sizeof(kernel_sigset)) return -EINVAL;
    const kernel_sigset set = (current->pending.signal | current->signal->shared_pending.signal) & current->blocked;
    return copy_to_user(uset, &set, sigsetsize) ? -EFAULT : 0;
}

SYSCALL_DEFINE(2, rt_sigsuspend, (UserPtr<kernel_sigset>, unewset), (size_t, sigsetsize)) {
    if (sigsetsize != sizeof(kernel_sigset)) return -EINVAL;
    const kernel_sigset set = TRY(get_user(unewset));
    current->saved_sigmask = current->blocked;
    set_current_blocked(set);
    while (!signal_pending(current)) {
        set_current_state(TASK_INTERRUPTIBLE);
        schedule();
    }
    current->restore_sigmask = true;
    return -ERESTARTNOHAND;
}

SYSCALL_DEFINE(0, pause) {
    while (!signal_pending(current)) {
        set_current_state(TASK_INTERRUPTIBLE);
        schedule();
    }
    return -ERESTARTNOHAND;
}

struct timespec64 { i64 tv_sec, tv_nsec; };
SYSCALL_DEFINE(4, rt_sigtimedwait, (UserPtr<kernel_sigset>, uthese), (UserPtr<void>, uinfo), (UserPtr<timespec64>, uts),
               (size_t, sigsetsize)) {
    if (sigsetsize != sizeof(kernel_sigset)) return -EINVAL;
    const kernel_sigset these = TRY(get_user(uthese)) & ~SIG_KERNEL_ONLY;
    u64 until = ~u64{0};
    if (uts) {
        const timespec64 ts = TRY(get_user(uts));
        if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= 1'000'000'000) return -EINVAL;
        until = ktime_get() + static_cast<u64>(std::min<i64>(ts.tv_sec, 1'000'000'000)) * 1'000'000'000 + static_cast<u64>(ts.tv_nsec);
    }
    kernel_siginfo info;
    int sig = dequeue_signal(current, ~these, &info);
    if (!sig && until > ktime_get()) {
        current->real_blocked = current->blocked;
        current->blocked &= ~these;
        recalc_sigpending();
        set_current_state(TASK_INTERRUPTIBLE);
        schedule_timeout_until(until);
        sig = dequeue_signal(current, ~these, &info);
        set_current_blocked(std::exchange(current->real_blocked, 0));
        if (!sig && ktime_get() < until) return -EINTR;
    }
    if (!sig) return -EAGAIN;
    return uinfo && copy_siginfo_to_user(uinfo, info) ? -EFAULT : sig;
}

}  // namespace kernel
