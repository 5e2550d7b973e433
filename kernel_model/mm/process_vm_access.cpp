// Linux mm/process_vm_access.c: process_vm_readv(2), process_vm_writev(2).
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/net.hpp"
#include "kernel_model/include/linux/ptrace.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/mm/internal.hpp"

namespace kernel {
namespace {

struct Transfer {
    mm_struct* mm;
    bool write;                             // to the other process
    std::vector<iovec64> local;
    std::size_t at = 0;                     // in `local`
};

// Unlike get_user_page alone, it does not force its way.
Result<page*> pageOf(const Transfer& t, u64 address) {
    const vm_area_struct* const vma = find_vma(t.mm, address);
    if (!vma || address < vma->vm_start || !(vma->vm_flags & (t.write ? VM_WRITE : VM_READ))) return Failure{-EFAULT};
    return get_user_page(t.mm, address & PAGE_MASK, t.write);
}

// Bytes of one page of the other process; fewer than n when the local pieces are full, or bad.
u64 movePart(Transfer& t, u8* bytes, u64 n) {
    u64 done = 0;
    for (; done < n && t.at < t.local.size();) {
        iovec64& piece = t.local[t.at];
        const u64 part = std::min(n - done, piece.len);
        const UserPtr<void> mine(piece.base);
        const u64 moved = part - (t.write ? copy_from_user(bytes + done, mine, part) : copy_to_user(mine, bytes + done, part));
        done += moved;
        piece.base += moved, piece.len -= moved;
        if (moved < part) break;
        if (!piece.len) ++t.at;
    }
    return done;
}

long process_vm_rw_core(Transfer& t, const std::vector<iovec64>& remote) {
    u64 done = 0;
    for (iovec64 piece : remote) {
        while (piece.len && t.at < t.local.size()) {
            const u64 offset = piece.base % PAGE_SIZE, n = std::min(piece.len, PAGE_SIZE - offset);
            const auto p = pageOf(t, piece.base);
            if (!p.ok()) return done ? static_cast<long>(done) : -EFAULT;
            const u64 moved = movePart(t, page_address(p.value()) + offset, n);
            if (t.write && moved) {
                processor().frameChanged(page_to_pfn(p.value()));
                traceUserWrite(t.mm, piece.base, page_address(p.value()) + offset, moved);
            }
            put_page(p.value());
            done += moved;
            if (moved < n && t.at < t.local.size()) return done ? static_cast<long>(done) : -EFAULT;
            piece.base += moved, piece.len -= moved;
        }
    }
    return static_cast<long>(done);
}

u64 bytesIn(const std::vector<iovec64>& pieces) {
    u64 sum = 0;
    for (const iovec64& piece : pieces) sum += piece.len;
    return sum;
}

long process_vm_rw(pid_t pid, UserPtr<void> lvec, u64 liovcnt, UserPtr<void> rvec, u64 riovcnt, u64 flags, bool write) {
    if (flags) return -EINVAL;
    Transfer t{nullptr, write, TRY(importIovec(lvec, liovcnt))};
    std::erase_if(t.local, [](const iovec64& piece) { return piece.len == 0; });
    if (t.local.empty()) return 0;
    const auto remote = TRY(importIovec(rvec, riovcnt));
    if (!bytesIn(remote)) return 0;
    task_struct* const task = find_task_by_vpid(pid);
    if (!task || !task->mm) return -ESRCH;
    t.mm = task->mm;
    if (t.mm != current->mm && !ptrace_may_access(task, PTRACE_MODE_ATTACH | PTRACE_MODE_REALCREDS)) return -EPERM;
    return process_vm_rw_core(t, remote);
}

}  // namespace

SYSCALL_DEFINE(6, process_vm_readv, (pid_t, pid), (UserPtr<void>, lvec), (u64, liovcnt), (UserPtr<void>, rvec), (u64, riovcnt),
               (u64, flags)) {
    return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, false);
}
SYSCALL_DEFINE(6, process_vm_writev, (pid_t, pid), (UserPtr<void>, lvec), (u64, liovcnt), (UserPtr<void>, rvec), (u64, riovcnt),
               (u64, flags)) {
    return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, true);
}

}  // namespace kernel
