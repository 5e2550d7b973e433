// Linux kernel/futex/syscalls.c: futex(2) and, since 5.16, futex_waitv(2).
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/version/signal.hpp"
#include "kernel_model/kernel/futex/futex.hpp"
#include "kernel_model/kernel/posix-timers.hpp"

#include <algorithm>
#include <deque>

namespace kernel {

enum FutexCommand { WAIT = 0, WAKE = 1, REQUEUE = 3, CMP_REQUEUE = 4, WAKE_OP = 5, LOCK_PI = 6, UNLOCK_PI = 7, TRYLOCK_PI = 8,
                    WAIT_BITSET = 9, WAKE_BITSET = 10, WAIT_REQUEUE_PI = 11, CMP_REQUEUE_PI = 12, LOCK_PI2 = 13 };
constexpr int PRIVATE = 128, REALTIME = 256;

// FUTEX_WAIT counts from now, all others give the time itself; FUTEX_LOCK_PI's is always one of CLOCK_REALTIME.
static Result<u64> futex_setup_timer(int command, bool realtime, UserPtr<timespec> utime) {
    if (!utime) return NO_TIMEOUT;
    const timespec ts = TRY(get_user(utime));
    if (!timespec_valid(ts)) return Failure{-EINVAL};
    const u64 ns = timespec_to_ns(ts);
    if (command == WAIT) return ktime_get() + ns;
    return realToMonotonic(realtime || command == LOCK_PI ? CLOCK_REAL : CLOCK_MONO, ns);
}
static bool hasTimeout(int command) {
    return command == WAIT || command == LOCK_PI || command == LOCK_PI2 || command == WAIT_BITSET || command == WAIT_REQUEUE_PI;
}

struct FutexCall { u64 uaddr; int op; u32 val; u64 utime, uaddr2; u32 val3; };
static long waitOrLock(const FutexCall& c, int command, bool shared) {
    const u64 until = hasTimeout(command) ? TRY(futex_setup_timer(command, c.op & REALTIME, UserPtr<timespec>{c.utime})) : NO_TIMEOUT;
    switch (command) {
        case WAIT: return futex_wait(c.uaddr, shared, c.val, until, FUTEX_ANY);
        case WAIT_BITSET: return futex_wait(c.uaddr, shared, c.val, until, c.val3);
        case WAIT_REQUEUE_PI: return futex_wait_requeue_pi(c.uaddr, shared, c.val, until, FUTEX_ANY, c.uaddr2);
        default: return futex_lock_pi(c.uaddr, shared, until, command == TRYLOCK_PI);
    }
}
static long do_futex(const FutexCall& c) {
    const int command = c.op & ~(PRIVATE | REALTIME);
    const bool shared = !(c.op & PRIVATE);
    const int val = static_cast<int>(c.val), val2 = static_cast<int>(c.utime);
    if (command < 0 || command > 63 || !(version().signal.futex_commands >> command & 1)) return -ENOSYS;
    if ((c.op & REALTIME) && command != WAIT_BITSET && command != WAIT_REQUEUE_PI && command != LOCK_PI2) return -ENOSYS;
    switch (command) {
        case WAKE: return futex_wake(c.uaddr, shared, val, FUTEX_ANY);
        case WAKE_BITSET: return futex_wake(c.uaddr, shared, val, c.val3);
        case WAKE_OP: return futex_wake_op(c.uaddr, shared, c.uaddr2, val, val2, c.val3);
        case REQUEUE: return futex_requeue({c.uaddr, c.uaddr2, shared, val, val2, false, 0});
        case CMP_REQUEUE: return futex_requeue({c.uaddr, c.uaddr2, shared, val, val2, true, c.val3});
        case CMP_REQUEUE_PI: return futex_requeue_pi({c.uaddr, c.uaddr2, shared, val, val2, true, c.val3});
        case UNLOCK_PI: return futex_unlock_pi(c.uaddr, shared);
        default: return waitOrLock(c, command, shared);
    }
}
SYSCALL_DEFINE(6, futex, (UserPtr<u32>, uaddr), (int, op), (u32, val), (UserPtr<timespec>, utime), (UserPtr<u32>, uaddr2),
               (u32, val3)) {
    return do_futex({uaddr.address, op, val, utime.address, uaddr2.address, val3});
}

struct futex_waitv { u64 val, uaddr; u32 flags, reserved; };
constexpr u32 SIZE_32 = 2;

// The index of the futex that was woken, the last one when there are several.
static long waitForAny(const std::deque<futex_q>& queue, u64 until) {
    for (;;) {
        for (std::size_t i = queue.size(); i-- > 0;)
            if (queue[i].woken) return static_cast<long>(i);
        if (until <= ktime_get()) return -ETIMEDOUT;
        if (signal_pending(current)) return -ERESTARTSYS;
        set_current_state(TASK_INTERRUPTIBLE);
        if (until == NO_TIMEOUT) schedule();
        else schedule_timeout_until(until);
    }
}
static TRACED(long, futex_wait_multiple, (UserPtr<futex_waitv>, waiters), (u32, count), (u64, until)) {
    std::deque<futex_q> queue;
    std::deque<Queued> entries;             // their order of leaving does not matter
    std::vector<futex_waitv> wanted;
    for (u32 i = 0; i < count; ++i) {
        const futex_waitv w = TRY(get_user(waiters + i));
        if ((w.flags & ~(SIZE_32 | static_cast<u32>(PRIVATE))) || w.reserved || !(w.flags & SIZE_32)) return -EINVAL;
        wanted.push_back(w);
    }
    for (const futex_waitv& w : wanted) queue.push_back({current, TRY(get_futex_key(w.uaddr, !(w.flags & PRIVATE), FutexAccess::read))});
    for (u32 i = 0; i < count; ++i) {
        if (TRY(get_user(UserPtr<u32>{wanted[i].uaddr})) != static_cast<u32>(wanted[i].val)) return -EAGAIN;
        entries.emplace_back(&queue[i]);
    }
    return waitForAny(queue, until);
}
SYSCALL_DEFINE(5, futex_waitv, (UserPtr<futex_waitv>, waiters), (u32, nr_futexes), (u32, flags), (UserPtr<timespec>, timeout),
               (int, clockid)) {
    constexpr u32 most = 128;               // FUTEX_WAITV_MAX
    if (flags || !nr_futexes || nr_futexes > most || !waiters) return -EINVAL;
    if (timeout && clockid != CLOCK_REAL && clockid != CLOCK_MONO) return -EINVAL;
    const u64 until = TRY(futex_setup_timer(WAIT_BITSET, clockid == CLOCK_REAL, timeout));
    return futex_wait_multiple(waiters, nr_futexes, until);
}

}  // namespace kernel
