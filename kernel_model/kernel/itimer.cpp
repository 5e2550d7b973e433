// Linux kernel/time/itimer.c: setitimer(2), alarm(2).
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/posix-timers.hpp"
#include "kernel_model/kernel/signal.hpp"

namespace kernel {

constexpr int REAL = 0, VIRTUAL = 1, PROF = 2;

// The period goes on when the signal is taken (dequeue_signal).
static TRACED(void, it_real_fn, (signal_struct*, sig)) {
    if (!sig->leader_pid.get() || sig->leader_pid->tasks[PIDTYPE_PID].empty()) return;
    task_struct* leader = sig->leader_pid->tasks[PIDTYPE_PID].front();
    do_send_sig_info(SIGALRM, kernelSiginfo(SIGALRM), leader, true);
}
static void realTimerExpired(hrtimer* timer) { it_real_fn(static_cast<signal_struct*>(timer->data)); }

static u64 atLeastTick(u64 ns) { return ns < 1000 ? 1000 : ns; }    // an armed timer never reads 0
static itimerval currentReal() {
    const signal_struct* sig = current->signal;
    const u64 now = ktime_get();
    const u64 left = sig->real_timer.expires > now ? sig->real_timer.expires - now : 0;
    return {ns_to_timeval(sig->it_real_incr), ns_to_timeval(sig->real_timer.queued ? atLeastTick(left) : 0)};
}
// ITIMER_PROF counts user and system time, ITIMER_VIRTUAL user time; the kernel takes none here, so both are equal.
static cpu_itimer& cpuTimer(int which) { return current->signal->it[which == VIRTUAL ? 1 : 0]; }
static itimerval currentCpu(int which) {
    const cpu_itimer& it = cpuTimer(which);
    const u64 now = cpuTimeOfProcess(current);
    const u64 left = it.expires > now ? it.expires - now : 0;
    return {ns_to_timeval(it.incr), ns_to_timeval(it.expires ? atLeastTick(left) : 0)};
}
static itimerval do_getitimer(int which) { return which == REAL ? currentReal() : currentCpu(which); }

static TRACED(void, do_setitimer, (int, which), (u64, value_ns), (u64, interval_ns)) {
    signal_struct* sig = current->signal;
    if (which != REAL) {
        cpuTimer(which) = {value_ns ? cpuTimeOfProcess(current) + value_ns : 0, value_ns ? interval_ns : 0};
        return;
    }
    hrtimer_cancel(&sig->real_timer);
    sig->it_real_incr = value_ns ? interval_ns : 0;
    sig->real_timer.function = realTimerExpired;
    sig->real_timer.data = sig;
    if (value_ns) hrtimer_start(&sig->real_timer, ktime_get() + value_ns);
}

static bool timeval_valid(const timeval& t) { return t.tv_sec >= 0 && t.tv_usec >= 0 && t.tv_usec < 1'000'000; }
static u64 timeval_to_ns(const timeval& t) { return timespec_to_ns({t.tv_sec, t.tv_usec * 1000}); }
static bool exists(int which) { return which == REAL || which == VIRTUAL || which == PROF; }

SYSCALL_DEFINE(2, getitimer, (int, which), (UserPtr<itimerval>, value)) {
    return exists(which) ? put_user(do_getitimer(which), value) : -EINVAL;
}
SYSCALL_DEFINE(3, setitimer, (int, which), (UserPtr<itimerval>, value), (UserPtr<itimerval>, ovalue)) {
    itimerval fresh;
    if (value) fresh = TRY(get_user(value));
    if (!timeval_valid(fresh.it_interval) || !timeval_valid(fresh.it_value) || !exists(which)) return -EINVAL;
    const itimerval old = do_getitimer(which);
    do_setitimer(which, timeval_to_ns(fresh.it_value), timeval_to_ns(fresh.it_interval));
    return ovalue ? put_user(old, ovalue) : 0;
}
SYSCALL_DEFINE(1, alarm, (u32, seconds)) {
    const itimerval old = currentReal();
    do_setitimer(REAL, seconds * NSEC_PER_SEC, 0);
    const i64 left = old.it_value.tv_sec;
    return left + (old.it_value.tv_usec >= 500'000 || (!left && old.it_value.tv_usec) ? 1 : 0);
}

}  // namespace kernel
