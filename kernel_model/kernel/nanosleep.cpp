// Linux kernel/time/hrtimer.c, posix-timers.c: sleeping. nanosleep(2): a handled signal gives EINTR and the rest; after a stop
// the sleep goes on (restart_syscall(2)).
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/posix-timers.hpp"

namespace kernel {

static i64 sleepUntil(u64 until) {
    set_current_state(TASK_INTERRUPTIBLE);
    return schedule_timeout_until(until);
}

static long hrtimer_nanosleep_restart(restart_block* restart) {
    const i64 left = sleepUntil(restart->expires);
    if (left <= 0) return 0;
    if (restart->rmtp && put_user(ns_to_timespec(static_cast<u64>(left)), UserPtr<timespec>{restart->rmtp.address})) return -EFAULT;
    return -ERESTART_RESTARTBLOCK;
}
static TRACED(long, hrtimer_nanosleep, (u64, until), (bool, absolute), (UserPtr<void>, rmtp)) {
    if (absolute) return sleepUntil(until) > 0 ? -ERESTARTNOHAND : 0;       // it starts again as it was
    current->restart_block.fn = hrtimer_nanosleep_restart;
    current->restart_block.expires = until;
    current->restart_block.rmtp = rmtp;
    return hrtimer_nanosleep_restart(&current->restart_block);
}

SYSCALL_DEFINE(2, nanosleep, (UserPtr<timespec>, rqtp), (UserPtr<timespec>, rmtp)) {
    const timespec ts = TRY(get_user(rqtp));
    if (!timespec_valid(ts)) return -EINVAL;
    return hrtimer_nanosleep(ktime_get() + timespec_to_ns(ts), false, rmtp);
}

static int refuseClock(int clock) {
    u64 now = 0;
    if (isThreadClock(clock) || !clockTime(clock, now)) return -EINVAL;
    if (isCpuClock(clock)) return missing(Missing::process_clocks);
    return clock == CLOCK_REAL || clock == CLOCK_MONO || clock == CLOCK_BOOT || clock == 11 ? 0 : -EOPNOTSUPP;
}
SYSCALL_DEFINE(4, clock_nanosleep, (int, which_clock), (int, flags), (UserPtr<timespec>, rqtp), (UserPtr<timespec>, rmtp)) {
    TRY_INT(refuseClock(which_clock));
    const timespec ts = TRY(get_user(rqtp));
    if (!timespec_valid(ts)) return -EINVAL;
    const u64 ns = timespec_to_ns(ts);
    if (!(flags & TIMER_ABS)) return hrtimer_nanosleep(ktime_get() + ns, false, rmtp);
    return hrtimer_nanosleep(realToMonotonic(which_clock, ns), true, rmtp);
}

static long do_no_restart_syscall(restart_block*) { return -EINTR; }
SYSCALL_DEFINE(0, restart_syscall) {
    restart_block* restart = &current->restart_block;
    return restart->fn ? restart->fn(restart) : do_no_restart_syscall(restart);
}

}  // namespace kernel
