// Linux kernel/futex/pi.c: locks whose word holds the owner's thread id (futex(2), "Priority-inheritance futexes").
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/kernel/futex/futex.hpp"

#include <algorithm>
#include <memory>

namespace kernel {

static std::list<std::unique_ptr<futex_pi_state>>& states() {
    static auto& list = *new std::list<std::unique_ptr<futex_pi_state>>;
    return list;
}
static futex_pi_state* stateOf(const futex_key& key) {
    const auto found = std::ranges::find_if(states(), [&](const auto& s) { return s->key == key; });
    return found == states().end() ? nullptr : found->get();
}
static u32 tidOf(const task_struct* t) { return static_cast<u32>(t->pid.get()); }

static void freeIfUnused(futex_pi_state* state) {
    if (state->waiters.empty()) std::erase_if(states(), [state](const auto& s) { return s.get() == state; });
}
void waitForLock(futex_q* q, futex_pi_state* state) {
    q->pi_state = state;
    q->key = state->key;
    state->waiters.push_back(q);
}
void leaveLock(futex_q* q) {
    futex_pi_state* state = std::exchange(q->pi_state, nullptr);
    if (!state) return;
    state->waiters.remove(q);
    freeIfUnused(state);
}

// The lock goes to whoever waits longest; he wakes up as its owner.
static futex_q* handOver(futex_pi_state* state) {
    futex_q* next = state->waiters.front();
    state->waiters.pop_front();
    state->owner = next->task;
    next->pi_state = nullptr;
    next->woken = true;
    wake_up_process(next->task);
    freeIfUnused(state);
    return next;
}

// EDEADLK: the owner waits, over other locks, for one that current holds (rt_mutex's chain walk).
static bool wouldDeadlock(const task_struct* owner) {
    for (std::size_t steps = 0; owner && steps <= states().size(); ++steps) {
        if (owner == current) return true;
        const task_struct* next = nullptr;
        for (const auto& state : states())
            for (const futex_q* q : state->waiters)
                if (q->task == owner) next = state->owner;
        owner = next;
    }
    return false;
}

Result<bool> lockAtomically(u64 uaddr, const futex_key& key, task_struct* task, bool set_waiters) {
    const UserPtr<u32> word{uaddr};
    const u32 value = TRY(get_user(word));
    if ((value & FUTEX_TID) == tidOf(task)) return Failure{-EDEADLK};
    if (stateOf(key) || (value & FUTEX_TID)) return false;
    const u32 mine = (value & FUTEX_DIED_BIT) | tidOf(task) | (set_waiters ? FUTEX_WAITERS_BIT : 0);
    if (put_user(mine, word)) return Failure{-EFAULT};
    return true;
}

// ESRCH: nobody is the owner that the word names.
Result<futex_pi_state*> attachToOwner(u64 uaddr, const futex_key& key) {
    const UserPtr<u32> word{uaddr};
    const u32 value = TRY(get_user(word));
    if (put_user(value | FUTEX_WAITERS_BIT, word)) return Failure{-EFAULT};
    if (futex_pi_state* state = stateOf(key)) return state;
    task_struct* owner = find_task_by_vpid(static_cast<int>(value & FUTEX_TID));
    if (!owner || (owner->flags & PF_EXITING)) return Failure{-ESRCH};
    if (owner->flags & PF_KTHREAD) return Failure{-EPERM};
    states().push_back(std::make_unique<futex_pi_state>(futex_pi_state{key, owner, {}}));
    return states().back().get();
}

int fixOwner(u64 uaddr, const futex_q& q) {
    if (!q.owner_died) return 0;
    return put_user(tidOf(q.task) | FUTEX_WAITERS_BIT | FUTEX_DIED_BIT, UserPtr<u32>{uaddr});
}

TRACED(long, futex_lock_pi, (u64, uaddr), (bool, shared), (u64, until), (bool, trylock)) {
    const futex_key key = TRY(get_futex_key(uaddr, shared, FutexAccess::write));
    if (TRY(lockAtomically(uaddr, key, current, false))) return 0;
    futex_pi_state* state = TRY(attachToOwner(uaddr, key));
    if (trylock || wouldDeadlock(state->owner)) {
        freeIfUnused(state);
        return trylock ? -EWOULDBLOCK : -EDEADLK;
    }
    futex_q q{current, key};
    const Queued entry(&q);
    waitForLock(&q, state);
    const long result = futex_wait_queue(&q, until);
    leaveLock(&q);
    if (result) return result == -ETIMEDOUT ? result : -ERESTARTNOINTR;
    return fixOwner(uaddr, q);
}

TRACED(long, futex_unlock_pi, (u64, uaddr), (bool, shared)) {
    const UserPtr<u32> word{uaddr};
    if ((TRY(get_user(word)) & FUTEX_TID) != tidOf(current)) return -EPERM;
    const futex_key key = TRY(get_futex_key(uaddr, shared, FutexAccess::write));
    futex_pi_state* state = stateOf(key);
    if (!state) return put_user(u32{0}, word);
    if (state->owner != current) return -EINVAL;
    if (put_user(tidOf(state->waiters.front()->task) | FUTEX_WAITERS_BIT, word)) return -EFAULT;
    handOver(state);
    return 0;
}

// A thread dies with locks: who waits gets them, and FUTEX_OWNER_DIED in the word.
TRACED(void, exit_pi_state_list, (task_struct*, curr)) {
    std::vector<futex_pi_state*> held;
    for (const auto& state : states())
        if (state->owner == curr) held.push_back(state.get());
    for (futex_pi_state* state : held) {
        futex_q* next = state->waiters.front();
        next->owner_died = true;
        handOver(state);
    }
}
bool holdsPiState(const task_struct* t) {
    return std::ranges::any_of(states(), [t](const auto& s) { return s->owner == t; });
}

}  // namespace kernel
