// Linux mm/mlock.c. mlock(2), munlock(2), mlockall(2), munlockall(2). Nothing is ever swapped: only accounting and
// populating.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/mm/internal.hpp"

namespace kernel {
namespace {

bool can_do_mlock() { return capable(CAP_IPC_LOCK) || rlimit_cur(RLIMIT_MEMLOCK) != 0; }

int mlock_fixup(vm_area_struct* vma, u64 start, u64 end, u64 newflags) {
    mm_struct* mm = vma->vm_mm;
    const u64 oldflags = vma->vm_flags;
    if (newflags == oldflags || oldflags & VM_SPECIAL) return 0;
    vm_area_struct* prev = start > vma->vm_start ? vma : vmaPrevious(vma);
    TRY_INT(changeFlags(&vma, &prev, start, end, newflags));
    if (newflags & VM_LOCKED) mm->locked_vm += (end - start) >> PAGE_SHIFT;
    else mm->locked_vm -= (end - start) >> PAGE_SHIFT;
    return 0;
}

TRACED(int, do_mlock, (u64, start), (u64, len), (int, on)) {
    len = PAGE_ALIGN(len);
    const u64 end = start + len;
    if (end < start) return -EINVAL;
    vm_area_struct* vma = find_vma(current->mm, start);
    if (start == end) return 0;
    if (vma == nullptr || vma->vm_start > start) return -ENOMEM;
    while (start < end) {
        if (vma == nullptr || vma->vm_start > start) return -ENOMEM;
        const u64 stop = std::min(end, vma->vm_end.get());
        TRY_INT(mlock_fixup(vma, start, stop, (vma->vm_flags & ~VM_LOCKED) | (on ? VM_LOCKED : 0)));
        start = stop;
        vma = find_vma(current->mm, start);
    }
    return 0;
}

}  // namespace

namespace {

long lockRange(UserPtr<void> addr, u64 len, bool populate) {
    if (!can_do_mlock()) return -EPERM;
    const u64 length = PAGE_ALIGN(len + (addr.address & ~PAGE_MASK)), start = addr.address & PAGE_MASK;
    const u64 locked = (length >> PAGE_SHIFT) + current->mm->locked_vm;
    if (!check("RLIMIT_MEMLOCK", locked <= rlimit_cur(RLIMIT_MEMLOCK) >> PAGE_SHIFT || capable(CAP_IPC_LOCK), locked))
        return -ENOMEM;
    TRY_INT(do_mlock(start, length, 1));
    if (populate) mm_populate(current->mm, start, length);
    return 0;
}

}  // namespace

SYSCALL_DEFINE(2, mlock, (UserPtr<void>, addr), (size_t, len)) { return lockRange(addr, len, true); }
SYSCALL_DEFINE(3, mlock2, (UserPtr<void>, start), (size_t, len), (int, flags)) {
    constexpr int onfault = 1;              // MLOCK_ONFAULT
    return flags & ~onfault ? -EINVAL : lockRange(start, len, !(flags & onfault));
}

SYSCALL_DEFINE(2, munlock, (UserPtr<void>, addr), (size_t, len)) {
    return do_mlock(addr.address & PAGE_MASK, PAGE_ALIGN(len + (addr.address & ~PAGE_MASK)), 0);
}

namespace {

int do_mlockall(int flags) {
    mm_struct* mm = current->mm;
    mm->def_flags = flags & MCL_FUTURE ? mm->def_flags | VM_LOCKED : mm->def_flags & ~VM_LOCKED;
    if (flags == MCL_FUTURE) return 0;
    for (u64 at = 0; vm_area_struct* vma = find_vma(mm, at);) {
        at = vma->vm_end;
        mlock_fixup(vma, vma->vm_start, vma->vm_end,
                    (vma->vm_flags & ~VM_LOCKED) | (flags & MCL_CURRENT ? VM_LOCKED : 0));
    }
    return 0;
}

}  // namespace

SYSCALL_DEFINE(1, mlockall, (int, flags)) {
    mm_struct* mm = current->mm;
    if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE)) return -EINVAL;
    if (!can_do_mlock()) return -EPERM;
    if (flags & MCL_CURRENT && mm->total_vm > rlimit_cur(RLIMIT_MEMLOCK) >> PAGE_SHIFT && !capable(CAP_IPC_LOCK))
        return -ENOMEM;
    do_mlockall(flags);
    if (!(flags & MCL_CURRENT)) return 0;
    for (u64 at = 0; const vm_area_struct* vma = find_vma(mm, at); at = vma->vm_end)
        mm_populate(mm, vma->vm_start, vma->vm_end - vma->vm_start);
    return 0;
}

SYSCALL_DEFINE(0, munlockall) { return do_mlockall(0); }

}  // namespace kernel
