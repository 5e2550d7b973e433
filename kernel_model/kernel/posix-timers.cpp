// Linux kernel/posix-timers.c, kernel/hrtimer.c, kernel/time.c: reading clocks and sleeping.
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/timespec.hpp"

namespace kernel {

constexpr int CLOCK_REAL = 0, CLOCK_MONO = 1, CLOCK_PROCESS = 2, CLOCK_THREAD = 3, CLOCK_BOOT = 7, TIMER_ABS = 1;

static u64 processCpuTime() {
    u64 ns = current->signal->utime + current->signal->stime;
    for (const task_struct* t : current->group_leader->thread_group) ns += t->utime + t->stime;
    return ns;
}

bool clockTime(int clock, u64& ns) {
    switch (clock) {
        case CLOCK_REAL:
        case 5: ns = ktime_get_real(); return true;         // CLOCK_REALTIME_COARSE
        case CLOCK_MONO:
        case 4:                                             // CLOCK_MONOTONIC_RAW
        case 6:                                             // CLOCK_MONOTONIC_COARSE
        case CLOCK_BOOT: ns = ktime_get(); return true;
        case CLOCK_PROCESS: ns = processCpuTime(); return true;
        case CLOCK_THREAD: ns = current->utime + current->stime; return true;
        case 11: ns = ktime_get_real(); return true;        // CLOCK_TAI
        default: return false;
    }
}

SYSCALL_DEFINE(2, clock_gettime, (int, which_clock), (UserPtr<timespec>, tp)) {
    u64 ns = 0;
    return clockTime(which_clock, ns) ? put_user(ns_to_timespec(ns), tp) : -EINVAL;
}
SYSCALL_DEFINE(2, clock_getres, (int, which_clock), (UserPtr<timespec>, tp)) {
    u64 ns = 0;
    if (!clockTime(which_clock, ns)) return -EINVAL;
    const bool coarse = which_clock == 5 || which_clock == 6;
    return tp ? put_user(timespec{0, coarse ? 4'000'000 : 1}, tp) : 0;
}
SYSCALL_DEFINE(2, gettimeofday, (UserPtr<timeval>, tv), (UserPtr<u64>, tz)) {
    if (tv && put_user(ns_to_timeval(ktime_get_real()), tv)) return -EFAULT;
    return tz ? put_user(u64{0}, tz) : 0;   // sys_tz: UTC
}
SYSCALL_DEFINE(1, time, (UserPtr<i64>, tloc)) {
    const i64 now = static_cast<i64>(ktime_get_real() / NSEC_PER_SEC);
    if (tloc && put_user(now, tloc)) return -EFAULT;
    return now;
}

// ---- Sleeping. nanosleep(2): a handled signal gives EINTR and the rest; after a stop the sleep goes on (restart_syscall).

static long hrtimer_nanosleep_restart(restart_block* restart) {
    set_current_state(TASK_INTERRUPTIBLE);
    const i64 left = schedule_timeout_until(restart->expires);
    if (left <= 0) return 0;
    if (restart->rmtp && put_user(ns_to_timespec(static_cast<u64>(left)), UserPtr<timespec>{restart->rmtp.address})) return -EFAULT;
    return -ERESTART_RESTARTBLOCK;
}
static TRACED(long, hrtimer_nanosleep, (u64, until), (UserPtr<void>, rmtp)) {
    current->restart_block.fn = hrtimer_nanosleep_restart;
    current->restart_block.expires = until;
    current->restart_block.rmtp = rmtp;
    return hrtimer_nanosleep_restart(&current->restart_block);
}

SYSCALL_DEFINE(2, nanosleep, (UserPtr<timespec>, rqtp), (UserPtr<timespec>, rmtp)) {
    const timespec ts = TRY(get_user(rqtp));
    if (!timespec_valid(ts)) return -EINVAL;
    return hrtimer_nanosleep(ktime_get() + timespec_to_ns(ts), rmtp);
}

SYSCALL_DEFINE(4, clock_nanosleep, (int, which_clock), (int, flags), (UserPtr<timespec>, rqtp), (UserPtr<timespec>, rmtp)) {
    u64 now = 0;
    if (which_clock == CLOCK_THREAD || !clockTime(which_clock, now)) return -EINVAL;
    if (which_clock != CLOCK_REAL && which_clock != CLOCK_MONO && which_clock != CLOCK_BOOT) return -EOPNOTSUPP;
    const timespec ts = TRY(get_user(rqtp));
    if (!timespec_valid(ts)) return -EINVAL;
    const u64 ns = timespec_to_ns(ts);
    if (!(flags & TIMER_ABS)) return hrtimer_nanosleep(ktime_get() + ns, rmtp);
    set_current_state(TASK_INTERRUPTIBLE);
    const u64 offset = now - ktime_get();
    return schedule_timeout_until(ns > offset ? ns - offset : 0) > 0 ? -ERESTARTNOHAND : 0;
}

SYSCALL_DEFINE(0, restart_syscall) {
    restart_block* restart = &current->restart_block;
    return restart->fn ? restart->fn(restart) : -EINTR;
}

}  // namespace kernel
