// Linux kernel/time/posix-timers.c, posix-cpu-timers.c, time.c: reading clocks.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/posix-timers.hpp"

namespace kernel {

u64 cpuTimeOfProcess(const task_struct* p) {
    u64 ns = p->signal->utime + p->signal->stime;
    for (const task_struct* t : p->group_leader->thread_group) ns += t->utime + t->stime;
    return ns;
}
u64 cpuTimeOfThread(const task_struct* t) { return t->utime + t->stime; }

// clock_getcpuclockid(3): ~pid << 3, 4 for a thread, and which time: 0 all, 1 user, 2 the scheduler's.
static bool perThread(int clock) { return clock & 4; }
bool isCpuClock(int clock) { return clock < 0 || clock == CLOCK_PROCESS || clock == CLOCK_THREAD; }
bool isThreadClock(int clock) { return clock == CLOCK_THREAD || (clock < 0 && perThread(clock)); }
task_struct* cpuClockTask(int clock) {
    if (clock >= 0) return current;
    if ((clock & 3) == 3) return nullptr;
    const int pid = ~(clock >> 3);
    if (!pid) return current;
    task_struct* p = find_task_by_vpid(pid);
    if (!p || !p->sighand.get()) return nullptr;
    if (perThread(clock)) return same_thread_group(p, current) ? p : nullptr;
    return thread_group_leader(p) ? p : nullptr;
}

u64 realToMonotonic(int clock, u64 ns) {
    if (clock != CLOCK_REAL && clock != 11) return ns;      // CLOCK_TAI
    const u64 offset = ktime_get_real() - ktime_get();
    return ns > offset ? ns - offset : 0;
}

bool clockTime(int clock, u64& ns) {
    if (isCpuClock(clock)) {
        const task_struct* p = cpuClockTask(clock);
        if (p) ns = isThreadClock(clock) ? cpuTimeOfThread(p) : cpuTimeOfProcess(p);
        return p;
    }
    switch (clock) {
        case CLOCK_REAL:
        case 8:                                             // CLOCK_REALTIME_ALARM
        case 11:                                            // CLOCK_TAI
        case 5: ns = ktime_get_real(); return true;         // CLOCK_REALTIME_COARSE
        case CLOCK_MONO:
        case 4:                                             // CLOCK_MONOTONIC_RAW
        case 6:                                             // CLOCK_MONOTONIC_COARSE
        case 9:                                             // CLOCK_BOOTTIME_ALARM
        case CLOCK_BOOT: ns = ktime_get(); return true;
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

}  // namespace kernel
