// Linux kernel/futex.c: futex(2), FUTEX_WAIT, FUTEX_WAKE, their _BITSET forms and FUTEX_REQUEUE; the robust list's place.
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/kernel/timespec.hpp"

#include <list>

namespace kernel {
namespace {

constexpr int WAIT = 0, WAKE = 1, REQUEUE = 3, CMP_REQUEUE = 4, WAIT_BITSET = 9, WAKE_BITSET = 10, PRIVATE = 128, REALTIME = 256;
constexpr u32 ANY = ~u32{0};
constexpr u32 WAITERS = 0x8000'0000, OWNER_DIED = 0x4000'0000, TID_MASK = 0x3fff'ffff;

// Private futexes are told apart by address space and address. So are others in anonymous memory, where a copy on write may
// replace the page, but apart from the private ones; in a file it is the page that holds the word.
struct futex_key {
    const void* where = nullptr;
    u64 offset = 0;
    bool operator==(const futex_key&) const = default;
};
struct futex_q {
    task_struct* task;
    futex_key key;
    u32 bitset;
    bool woken = false;
};
std::list<futex_q*>& waiters() {
    static auto& list = *new std::list<futex_q*>;
    return list;
}

Result<futex_key> get_futex_key(u64 address, bool shared) {
    if (address % 4) return Failure{-EINVAL};
    if (address >= TASK_SIZE) return Failure{-EFAULT};
    if (!shared) return futex_key{current->mm.get(), address};
    page* frame = TRY(get_user_page(current->mm, address, true));
    put_page(frame);
    constexpr u64 MMSHARED = 2;     // Linux's FUT_OFF_MMSHARED: a low bit that no aligned address has
    if (!frame->mapping) return futex_key{current->mm.get(), address | MMSHARED};
    return futex_key{frame, address % PAGE_SIZE};
}

int wakeWaiters(const futex_key& key, int count, u32 bitset) {
    int woken = 0;
    for (auto it = waiters().begin(); it != waiters().end() && woken < count;) {
        futex_q* q = *it;
        if (!(q->key == key) || !(q->bitset & bitset)) {
            ++it;
            continue;
        }
        it = waiters().erase(it);
        q->woken = true;
        wake_up_process(q->task);
        ++woken;
    }
    return woken;
}

struct Queued {                             // takes its entry out again however the wait ends
    futex_q q;
    explicit Queued(const futex_q& entry) : q(entry) { waiters().push_back(&q); }
    ~Queued() { waiters().remove(&q); }
    Queued(const Queued&) = delete;
    Queued& operator=(const Queued&) = delete;
};

}  // namespace

int futexWake(u64 address, int count) {
    const auto key = get_futex_key(address, true);
    return key.ok() ? wakeWaiters(key.value(), count, ANY) : 0;
}

static TRACED(int, futex_wake, (u64, uaddr), (bool, shared), (int, nr_wake), (u32, bitset)) {
    if (!bitset) return -EINVAL;
    const futex_key key = TRY(get_futex_key(uaddr, shared));
    return wakeWaiters(key, nr_wake > 0 ? nr_wake : 1, bitset);
}

static TRACED(long, futex_wait, (u64, uaddr), (bool, shared), (u32, val), (u64, until), (u32, bitset)) {
    if (!bitset) return -EINVAL;
    const futex_key key = TRY(get_futex_key(uaddr, shared));
    if (TRY(get_user(UserPtr<u32>{uaddr})) != val) return -EAGAIN;
    Queued entry({current, key, bitset, false});
    while (!entry.q.woken) {
        if (until <= ktime_get()) return -ETIMEDOUT;
        if (signal_pending(current)) return until == ~u64{0} ? -ERESTARTSYS : -EINTR;
        set_current_state(TASK_INTERRUPTIBLE);
        if (until == ~u64{0}) schedule();
        else schedule_timeout_until(until);
    }
    return 0;
}

// Wakes some waiters and lets others wait for the second futex: woken and moved together are the result.
static TRACED(long, futex_requeue, (u64, uaddr1), (bool, shared), (u64, uaddr2), (int, nr_wake), (int, nr_requeue)) {
    if (nr_wake < 0 || nr_requeue < 0) return -EINVAL;
    const futex_key from = TRY(get_futex_key(uaddr1, shared));
    const futex_key to = TRY(get_futex_key(uaddr2, shared));
    long moved = 0;
    const int woken = nr_wake ? wakeWaiters(from, nr_wake, ANY) : 0;
    for (futex_q* q : waiters()) {
        if (moved == nr_requeue) break;
        if (!(q->key == from)) continue;
        q->key = to;
        ++moved;
    }
    return woken + moved;
}

// FUTEX_WAIT counts from now, FUTEX_WAIT_BITSET gives the time itself.
static Result<u64> deadline(int op, UserPtr<timespec> utime) {
    if (!utime) return ~u64{0};
    const timespec ts = TRY(get_user(utime));
    if (!timespec_valid(ts)) return Failure{-EINVAL};
    const u64 ns = timespec_to_ns(ts);
    if ((op & ~(PRIVATE | REALTIME)) == WAIT) return ktime_get() + ns;
    if (!(op & REALTIME)) return ns;
    const u64 epoch = ktime_get_real() - ktime_get();
    return ns > epoch ? ns - epoch : 0;
}

SYSCALL_DEFINE(6, futex, (UserPtr<u32>, uaddr), (int, op), (u32, val), (UserPtr<timespec>, utime), (UserPtr<u32>, uaddr2),
               (u32, val3)) {
    const bool shared = !(op & PRIVATE);
    const int command = op & ~(PRIVATE | REALTIME);
    switch (command) {
        case WAIT: return futex_wait(uaddr.address, shared, val, TRY(deadline(op, utime)), ANY);
        case WAIT_BITSET: return futex_wait(uaddr.address, shared, val, TRY(deadline(op, utime)), val3);
        case WAKE: return futex_wake(uaddr.address, shared, static_cast<int>(val), ANY);
        case WAKE_BITSET: return futex_wake(uaddr.address, shared, static_cast<int>(val), val3);
        case REQUEUE: return futex_requeue(uaddr.address, shared, uaddr2.address, static_cast<int>(val), static_cast<int>(utime.address));
        case CMP_REQUEUE:
            if (TRY(get_user(uaddr)) != val3) return -EAGAIN;
            return futex_requeue(uaddr.address, shared, uaddr2.address, static_cast<int>(val), static_cast<int>(utime.address));
        default: break;
    }
    if (command > 12 || command < 0) return -ENOSYS;
    unsupported("feature", "futex operation " + std::to_string(command), "", current_pt_regs()->ip, "ENOSYS");
    return -ENOSYS;
}

// ---- get_robust_list(2): locks that a dying thread holds get the bit FUTEX_OWNER_DIED.

constexpr u64 ROBUST_HEAD_BYTES = 24;
struct robust_list_head { u64 next; i64 futex_offset; u64 list_op_pending; };

static void handle_futex_death(u64 address) {
    const auto word = get_user(UserPtr<u32>{address});
    if (!word.ok() || (word.value() & TID_MASK) != static_cast<u32>(current->pid)) return;
    if (put_user((word.value() & WAITERS) | OWNER_DIED, UserPtr<u32>{address})) return;
    if (word.value() & WAITERS) futexWake(address, 1);
}

TRACED(void, exit_robust_list, (task_struct*, curr)) {
    constexpr int most = 2048;              // ROBUST_LIST_LIMIT
    const u64 head_at = curr->robust_list;
    const auto head = get_user(UserPtr<robust_list_head>{head_at});
    curr->robust_list = 0u;
    if (!head.ok() || !curr->mm.get()) return;
    u64 entry = head.value().next & ~u64{1};
    for (int i = 0; i < most && entry != head_at; ++i) {
        const auto next = get_user(UserPtr<u64>{entry});
        if (entry != (head.value().list_op_pending & ~u64{1})) handle_futex_death(entry + static_cast<u64>(head.value().futex_offset));
        if (!next.ok()) return;
        entry = next.value() & ~u64{1};
    }
    if (const u64 pending = head.value().list_op_pending & ~u64{1})
        handle_futex_death(pending + static_cast<u64>(head.value().futex_offset));
}

SYSCALL_DEFINE(2, set_robust_list, (u64, head), (size_t, len)) {
    if (len != ROBUST_HEAD_BYTES) return -EINVAL;
    current->robust_list = head;
    return 0;
}
SYSCALL_DEFINE(3, get_robust_list, (int, pid), (UserPtr<u64>, head_ptr), (UserPtr<u64>, len_ptr)) {
    task_struct* p = pid ? find_task_by_vpid(pid) : current;
    if (!p) return -ESRCH;
    if (p != current && !capable(19)) return -EPERM;        // CAP_SYS_PTRACE
    if (put_user(ROBUST_HEAD_BYTES, len_ptr)) return -EFAULT;
    return put_user(p->robust_list.get(), head_ptr);
}

}  // namespace kernel
