// Inside kernel/futex (Linux kernel/futex/futex.h; v3.10: kernel/futex.c).
#pragma once

#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/uaccess.hpp"

#include <list>

namespace kernel {

constexpr u32 FUTEX_ANY = ~u32{0};
constexpr u32 FUTEX_WAITERS_BIT = 0x8000'0000, FUTEX_DIED_BIT = 0x4000'0000, FUTEX_TID = 0x3fff'ffff;
constexpr u64 NO_TIMEOUT = ~u64{0};

// Private futexes are told apart by address space and address. So are others in anonymous memory, where a copy on write may
// replace the page, but apart from the private ones; in a file it is the page that holds the word.
struct futex_key {
    const void* where = nullptr;
    u64 offset = 0;
    bool operator==(const futex_key&) const = default;
};
struct futex_q;
// A priority-inheritance futex that somebody waits for. The scheduler knows no inheritance: the first waiter is next.
struct futex_pi_state {
    futex_key key;
    task_struct* owner = nullptr;
    std::list<futex_q*> waiters;
};
struct futex_q {
    task_struct* task;
    futex_key key;
    u32 bitset = FUTEX_ANY;
    bool woken = false;
    futex_pi_state* pi_state = nullptr;     // it waits for this lock
    bool requeue_pi = false;                // FUTEX_WAIT_REQUEUE_PI: it may be moved to the lock below, and only there
    futex_key requeue_key{};
    bool owner_died = false;                // got the lock from a dead owner and must say so in the word
};
std::list<futex_q*>& futexWaiters();
class Queued {                              // in the list of waiters as long as it lives
public:
    explicit Queued(futex_q* entry) : q_(entry) { futexWaiters().push_back(q_); }
    ~Queued() { futexWaiters().remove(q_); }
    Queued(const Queued&) = delete;
    Queued& operator=(const Queued&) = delete;

private:
    futex_q* q_;
};

enum class FutexAccess : u8 { read, write };   // FUTEX_READ: a page of a file need not be writable
inline traces::Value traceValue(FutexAccess access) {
    return traces::Value::text(access == FutexAccess::read ? "FUTEX_READ" : "FUTEX_WRITE");
}
Result<futex_key> get_futex_key(u64 address, bool shared, FutexAccess);
int wakeWaiters(const futex_key&, int count, u32 bitset);      // how many; -EINVAL: somebody waits there for a lock
// Sleeps until it is woken: 0, -ETIMEDOUT at `until` (virtual ns), -ERESTARTSYS for a signal.
long futex_wait_queue(futex_q*, u64 until);
long futex_wait(u64 uaddr, bool shared, u32 val, u64 until, u32 bitset);
long futex_wake(u64 uaddr, bool shared, int nr_wake, u32 bitset);
long futex_wake_op(u64 uaddr1, bool shared, u64 uaddr2, int nr_wake, int nr_wake2, u32 encoded);
struct Requeue { u64 uaddr1, uaddr2; bool shared; int nr_wake, nr_requeue; bool compare; u32 cmpval; };
long futex_requeue(const Requeue&);
long futex_requeue_pi(const Requeue&);
long futex_wait_requeue_pi(u64 uaddr, bool shared, u32 val, u64 until, u32 bitset, u64 uaddr2);
long futex_lock_pi(u64 uaddr, bool shared, u64 until, bool trylock);
long futex_unlock_pi(u64 uaddr, bool shared);
// kernel/futex/pi.cpp, for requeue
Result<bool> lockAtomically(u64 uaddr, const futex_key&, task_struct* for_task, bool set_waiters);    // true: it is his now
Result<futex_pi_state*> attachToOwner(u64 uaddr, const futex_key&);
void waitForLock(futex_q*, futex_pi_state*);
void leaveLock(futex_q*);                   // gives up waiting
int fixOwner(u64 uaddr, const futex_q&);    // after a dead owner
inline traces::Value traceValue(const futex_key& k) { return traces::Value::hex(k.offset); }
inline traces::Value traceValue(const futex_q* q) { return traces::Value::hex(q->key.offset); }
inline traces::Value traceValue(const Requeue& r) { return traces::Value::hex(r.uaddr1); }

}  // namespace kernel
