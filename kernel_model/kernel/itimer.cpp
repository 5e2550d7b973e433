// Linux kernel/itimer.c: setitimer(2), alarm(2). ITIMER_VIRTUAL and ITIMER_PROF are not there.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/signal.hpp"
#include "kernel_model/kernel/timespec.hpp"

namespace kernel {

constexpr int REAL = 0, ITIMER_VIRT = 1, ITIMER_PROFILE = 2;

// it_real_fn: the period goes on when the signal is taken (dequeue_signal).
static void it_real_fn(hrtimer* timer) {
    auto* sig = static_cast<signal_struct*>(timer->data);
    if (!sig->leader_pid.get() || sig->leader_pid->tasks[PIDTYPE_PID].empty()) return;
    task_struct* leader = sig->leader_pid->tasks[PIDTYPE_PID].front();
    if (leader->sighand.get()) sendSignal(SIGALRM, kernelSiginfo(SIGALRM), leader, true);
}

static itimerval currentValue() {
    const signal_struct* sig = current->signal;
    const u64 now = ktime_get();
    u64 left = sig->real_timer.queued && sig->real_timer.expires > now ? sig->real_timer.expires - now : 0;
    if (sig->real_timer.queued && left < 1000) left = 1000;         // an armed timer never reads 0
    return {ns_to_timeval(sig->it_real_incr), ns_to_timeval(left)};
}
static TRACED(void, do_setitimer, (u64, value_ns), (u64, interval_ns)) {
    signal_struct* sig = current->signal;
    hrtimer_cancel(&sig->real_timer);
    sig->it_real_incr = value_ns ? interval_ns : 0;
    sig->real_timer.function = it_real_fn;
    sig->real_timer.data = sig;
    if (value_ns) hrtimer_start(&sig->real_timer, ktime_get() + value_ns);
}

static bool timeval_valid(const timeval& t) { return t.tv_sec >= 0 && t.tv_usec >= 0 && t.tv_usec < 1'000'000; }
static u64 timeval_to_ns(const timeval& t) { return timespec_to_ns({t.tv_sec, t.tv_usec * 1000}); }
static int refuse(int which) {
    if (which != ITIMER_VIRT && which != ITIMER_PROFILE) return -EINVAL;
    unsupported("feature", which == ITIMER_VIRT ? "ITIMER_VIRTUAL" : "ITIMER_PROF", "", current_pt_regs()->ip, "EINVAL");
    return -EINVAL;
}

SYSCALL_DEFINE(2, getitimer, (int, which), (UserPtr<itimerval>, value)) {
    return which == REAL ? put_user(currentValue(), value) : refuse(which);
}
SYSCALL_DEFINE(3, setitimer, (int, which), (UserPtr<itimerval>, value), (UserPtr<itimerval>, ovalue)) {
    itimerval fresh;
    if (value) fresh = TRY(get_user(value));
    if (!timeval_valid(fresh.it_interval) || !timeval_valid(fresh.it_value)) return -EINVAL;
    if (which != REAL) return refuse(which);
    const itimerval old = currentValue();
    do_setitimer(timeval_to_ns(fresh.it_value), timeval_to_ns(fresh.it_interval));
    return ovalue ? put_user(old, ovalue) : 0;
}
SYSCALL_DEFINE(1, alarm, (u32, seconds)) {
    const itimerval old = currentValue();
    do_setitimer(seconds * NSEC_PER_SEC, 0);
    const i64 left = old.it_value.tv_sec;
    return left + (old.it_value.tv_usec >= 500'000 || (!left && old.it_value.tv_usec) ? 1 : 0);
}

// POSIX timers end with the process image; there are none.
TRACED(void, exit_itimers, (signal_struct*, sig)) {}

}  // namespace kernel
