// Linux kernel/futex/requeue.c: FUTEX_WAIT_REQUEUE_PI and FUTEX_CMP_REQUEUE_PI, for condition variables with such a lock.
#include "kernel_model/kernel/futex/futex.hpp"

namespace kernel {

TRACED(long, futex_wait_requeue_pi, (u64, uaddr), (bool, shared), (u32, val), (u64, until), (u32, bitset), (u64, uaddr2)) {
    if (uaddr == uaddr2 || !bitset) return -EINVAL;
    const futex_key to = TRY(get_futex_key(uaddr2, shared, FutexAccess::write));
    const futex_key key = TRY(get_futex_key(uaddr, shared, FutexAccess::read));
    if (TRY(get_user(UserPtr<u32>{uaddr})) != val) return -EWOULDBLOCK;
    if (key == to) return -EINVAL;
    futex_q q{current, key, bitset};
    q.requeue_pi = true;
    q.requeue_key = to;
    const Queued entry(&q);
    const long result = futex_wait_queue(&q, until);
    const bool moved = q.pi_state;
    leaveLock(&q);
    if (!result) return fixOwner(uaddr2, q);
    if (result == -ETIMEDOUT) return result;
    return moved ? -EWOULDBLOCK : -ERESTARTNOINTR;
}

static futex_q* topWaiter(const futex_key& key) {
    for (futex_q* q : futexWaiters())
        if (q->key == key) return q;
    return nullptr;
}

// Only the first may get the lock at once; all others wait for it.
TRACED(long, futex_requeue_pi, (const Requeue&, request)) {
    if (request.uaddr1 == request.uaddr2 || request.nr_wake != 1 || request.nr_requeue < 0) return -EINVAL;
    const futex_key from = TRY(get_futex_key(request.uaddr1, request.shared, FutexAccess::read));
    const futex_key to = TRY(get_futex_key(request.uaddr2, request.shared, FutexAccess::write));
    if (from == to) return -EINVAL;
    if (TRY(get_user(UserPtr<u32>{request.uaddr1})) != request.cmpval) return -EAGAIN;
    long served = 0;
    while (futex_q* q = topWaiter(from)) {
        if (served > request.nr_requeue) break;         // nr_wake + nr_requeue
        if (!q->requeue_pi || !(q->requeue_key == to)) return served ? served : -EINVAL;
        if (!served && TRY(lockAtomically(request.uaddr2, to, q->task, request.nr_requeue > 0))) {
            q->key = to;
            q->woken = true;
            wake_up_process(q->task);
        } else {
            waitForLock(q, TRY(attachToOwner(request.uaddr2, to)));
        }
        ++served;
    }
    return served;
}

}  // namespace kernel
