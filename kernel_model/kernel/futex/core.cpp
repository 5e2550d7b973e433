// Linux kernel/futex/core.c, waitwake.c: keys, waiting and waking (futex(2)).
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/kernel/futex/futex.hpp"

#include <algorithm>

namespace kernel {

std::list<futex_q*>& futexWaiters() {
    static auto& list = *new std::list<futex_q*>;
    return list;
}

// Who only waits needs no right to write to a file's page. Without it, an anonymous page would be another one after a write.
static Result<page*> keyPage(u64 address, FutexAccess rw) {
    const vm_area_struct* vma = find_vma(current->mm, address);
    const bool writable = vma && vma->vm_flags & VM_WRITE;          // get_user_page would not insist on it
    if (writable) return get_user_page(current->mm, address, true);
    if (rw == FutexAccess::write) return Failure{-EFAULT};
    page* frame = TRY(get_user_page(current->mm, address, false));
    if (frame->mapping) return frame;
    put_page(frame);
    return Failure{-EFAULT};
}

static Result<futex_key> sharedKey(u64 address, FutexAccess rw) {
    page* frame = TRY(keyPage(address, rw));
    put_page(frame);
    constexpr u64 MMSHARED = 2;     // Linux's FUT_OFF_MMSHARED: a low bit that no aligned address has
    if (!frame->mapping) return futex_key{current->mm.get(), address | MMSHARED};
    return futex_key{frame, address % PAGE_SIZE};
}
TRACED(Result<futex_key>, get_futex_key, (u64, address), (bool, shared), (FutexAccess, rw)) {
    if (address % 4) return Failure{-EINVAL};
    if (address >= TASK_SIZE) return Failure{-EFAULT};
    if (!shared) return futex_key{current->mm.get(), address};
    return sharedKey(address, rw);
}

int wakeWaiters(const futex_key& key, int count, u32 bitset) {
    int woken = 0;
    for (auto it = futexWaiters().begin(); it != futexWaiters().end() && woken < count;) {
        futex_q* q = *it;
        if (!(q->key == key)) {
            ++it;
            continue;
        }
        if (q->pi_state || q->requeue_pi) return -EINVAL;
        if (!(q->bitset & bitset)) {
            ++it;
            continue;
        }
        it = futexWaiters().erase(it);
        q->woken = true;
        wake_up_process(q->task);
        ++woken;
    }
    return woken;
}
int futexWake(u64 address, int count) {
    const auto key = get_futex_key(address, true, FutexAccess::read);
    return key.ok() ? wakeWaiters(key.value(), count, FUTEX_ANY) : 0;
}

TRACED(long, futex_wake, (u64, uaddr), (bool, shared), (int, nr_wake), (u32, bitset)) {
    if (!bitset) return -EINVAL;
    const futex_key key = TRY(get_futex_key(uaddr, shared, FutexAccess::read));
    return wakeWaiters(key, nr_wake > 0 ? nr_wake : 1, bitset);
}

TRACED(long, futex_wait_queue, (futex_q*, q), (u64, until)) {
    while (!q->woken) {
        if (until <= ktime_get()) return -ETIMEDOUT;
        if (signal_pending(current)) return -ERESTARTSYS;
        set_current_state(TASK_INTERRUPTIBLE);
        if (until == NO_TIMEOUT) schedule();
        else schedule_timeout_until(until);
    }
    return 0;
}

static long futex_wait_restart(restart_block* restart) {
    return futex_wait(restart->address, restart->flags, restart->value, restart->expires, restart->bitset);
}
// A signal without a handler, or a stop, does not make the time to wait longer (restart_syscall(2)).
TRACED(long, futex_wait, (u64, uaddr), (bool, shared), (u32, val), (u64, until), (u32, bitset)) {
    if (!bitset) return -EINVAL;
    const futex_key key = TRY(get_futex_key(uaddr, shared, FutexAccess::read));
    if (TRY(get_user(UserPtr<u32>{uaddr})) != val) return -EAGAIN;
    futex_q q{current, key, bitset};
    const Queued entry(&q);
    const long result = futex_wait_queue(&q, until);
    if (result != -ERESTARTSYS || until == NO_TIMEOUT) return result;
    restart_block& restart = current->restart_block;
    restart.fn = futex_wait_restart;
    restart.address = uaddr;
    restart.flags = shared;
    restart.value = val;
    restart.expires = until;
    restart.bitset = bitset;
    return -ERESTART_RESTARTBLOCK;
}

// FUTEX_WAKE_OP: changes the second word, and wakes its waiters too when the old value compares.
static Result<u32> applied(u32 op, u32 old, u32 operand) {
    switch (op) {
        case 0: return operand;
        case 1: return old + operand;
        case 2: return old | operand;
        case 3: return old & ~operand;
        case 4: return old ^ operand;
        default: return Failure{-ENOSYS};
    }
}
static Result<bool> compares(u32 cmp, int old, int with) {
    switch (cmp) {
        case 0: return old == with;
        case 1: return old != with;
        case 2: return old < with;
        case 3: return old <= with;
        case 4: return old > with;
        case 5: return old >= with;
        default: return Failure{-ENOSYS};
    }
}
static int signExtended(u32 twelve_bits) { return static_cast<int>(twelve_bits << 20) >> 20; }
static TRACED(Result<bool>, futex_atomic_op_inuser, (u32, encoded), (u64, uaddr)) {
    const u32 op = encoded >> 28 & 7, cmp = encoded >> 24 & 15;
    u32 operand = static_cast<u32>(signExtended(encoded >> 12 & 0xfff));
    if (encoded >> 31) operand = u32{1} << (operand & 31);
    const UserPtr<u32> word{uaddr};
    const u32 old = TRY(get_user(word));
    const u32 fresh = TRY(applied(op, old, operand));
    if (put_user(fresh, word)) return Failure{-EFAULT};
    return compares(cmp, static_cast<int>(old), signExtended(encoded & 0xfff));
}

TRACED(long, futex_wake_op, (u64, uaddr1), (bool, shared), (u64, uaddr2), (int, nr_wake), (int, nr_wake2), (u32, encoded)) {
    const futex_key first = TRY(get_futex_key(uaddr1, shared, FutexAccess::read));
    const futex_key second = TRY(get_futex_key(uaddr2, shared, FutexAccess::write));
    const bool both = TRY(futex_atomic_op_inuser(encoded, uaddr2));
    const int woken = wakeWaiters(first, nr_wake > 0 ? nr_wake : 1, FUTEX_ANY);
    if (woken < 0 || !both) return woken;
    const int more = wakeWaiters(second, nr_wake2 > 0 ? nr_wake2 : 1, FUTEX_ANY);
    return more < 0 ? more : woken + more;
}

// Wakes some waiters and lets others wait for the second futex: woken and moved together are the result.
TRACED(long, futex_requeue, (const Requeue&, request)) {
    if (request.nr_wake < 0 || request.nr_requeue < 0) return -EINVAL;
    const futex_key from = TRY(get_futex_key(request.uaddr1, request.shared, FutexAccess::read));
    const futex_key to = TRY(get_futex_key(request.uaddr2, request.shared, FutexAccess::read));
    if (request.compare && TRY(get_user(UserPtr<u32>{request.uaddr1})) != request.cmpval) return -EAGAIN;
    const int woken = request.nr_wake ? wakeWaiters(from, request.nr_wake, FUTEX_ANY) : 0;
    if (woken < 0) return woken;
    long moved = 0;
    for (futex_q* q : futexWaiters()) {
        if (moved == request.nr_requeue) break;
        if (!(q->key == from)) continue;
        if (q->pi_state || q->requeue_pi) return -EINVAL;
        q->key = to;
        ++moved;
    }
    return woken + moved;
}

}  // namespace kernel
