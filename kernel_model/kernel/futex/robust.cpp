// Linux kernel/futex/core.c: get_robust_list(2). Locks that a dying thread holds get the bit FUTEX_OWNER_DIED.
#include "kernel_model/include/linux/ptrace.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/kernel/futex/futex.hpp"

namespace kernel {

struct robust_list_head { u64 next; i64 futex_offset; u64 list_op_pending; };
constexpr u64 ROBUST_HEAD_BYTES = sizeof(robust_list_head), PI_BIT = 1;

static TRACED(void, handle_futex_death, (u64, uaddr), (bool, pi), (bool, pending_op)) {
    if (uaddr % 4) return;
    const UserPtr<u32> at{uaddr};
    const auto word = get_user(at);
    if (!word.ok()) return;
    // It died between releasing the word and waking a waiter.
    if (pending_op && !pi && !word.value()) {
        futexWake(uaddr, 1);
        return;
    }
    if ((word.value() & FUTEX_TID) != static_cast<u32>(current->pid)) return;
    if (put_user((word.value() & FUTEX_WAITERS_BIT) | FUTEX_DIED_BIT, at)) return;
    if (!pi && (word.value() & FUTEX_WAITERS_BIT)) futexWake(uaddr, 1);
}

TRACED(void, exit_robust_list, (task_struct*, curr)) {
    constexpr int most = 2048;              // ROBUST_LIST_LIMIT
    const u64 head_at = curr->robust_list;
    const auto head = get_user(UserPtr<robust_list_head>{head_at});
    curr->robust_list = 0u;
    if (!head.ok() || !curr->mm.get()) return;
    const auto offset = static_cast<u64>(head.value().futex_offset);
    const u64 pending = head.value().list_op_pending;
    u64 entry = head.value().next;
    for (int i = 0; i < most && (entry & ~PI_BIT) != head_at; ++i) {
        const auto next = get_user(UserPtr<u64>{entry & ~PI_BIT});      // before the waiter may unmap it
        if ((entry & ~PI_BIT) != (pending & ~PI_BIT)) handle_futex_death((entry & ~PI_BIT) + offset, entry & PI_BIT, false);
        if (!next.ok()) return;
        entry = next.value();
    }
    if (pending & ~PI_BIT) handle_futex_death((pending & ~PI_BIT) + offset, pending & PI_BIT, true);
}

SYSCALL_DEFINE(2, set_robust_list, (u64, head), (size_t, len)) {
    if (len != ROBUST_HEAD_BYTES) return -EINVAL;
    current->robust_list = head;
    return 0;
}
SYSCALL_DEFINE(3, get_robust_list, (int, pid), (UserPtr<u64>, head_ptr), (UserPtr<u64>, len_ptr)) {
    task_struct* p = pid ? find_task_by_vpid(pid) : current;
    if (!p) return -ESRCH;
    if (!ptrace_may_access(p, PTRACE_MODE_READ | PTRACE_MODE_REALCREDS)) return -EPERM;
    if (put_user(ROBUST_HEAD_BYTES, len_ptr)) return -EFAULT;
    return put_user(p->robust_list.get(), head_ptr);
}

}  // namespace kernel
