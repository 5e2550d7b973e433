// Linux v6.1 mm/mmap.c, third part: the heap and the stack's growth.
#include "kernel_model/versions/v6_1/mm.hpp"

namespace kernel::v6_1 {
namespace {

TRACED(int, check_brk_limits, (u64, addr), (u64, len)) {
    TRY_INT(get_unmapped_area(nullptr, addr, len, 0, MAP_FIXED).error());
    return withinLockLimit(current->mm, current->mm->def_flags, len) ? 0 : -EAGAIN;
}

TRACED_AS(bool, mergesAfter, "can_vma_merge_after", (vm_area_struct*, vma), (u64, vm_flags), (pgoff_t, pgoff)) {
    return canMergeAfter(vma, {vm_flags, 0, nullptr, pgoff, 0});
}

// Anonymous private memory at exactly this place; vma: the one before it.
TRACED(int, do_brk_flags, (vm_area_struct*, vma), (u64, addr), (u64, len), (u64, flags)) {
    mm_struct* mm = current->mm;
    flags |= VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT | mm->def_flags;
    if (current->personality & READ_IMPLIES_EXEC) flags |= VM_EXEC;
    if (!may_expand_vm(mm, flags, len >> PAGE_SHIFT)) return -ENOMEM;
    if (!check("map_count <= sysctl_max_map_count", mm->map_count <= sysctl_max_map_count, mm->map_count.get()))
        return -ENOMEM;
    TRY_INT(security_vm_enough_memory_mm(len >> PAGE_SHIFT));
    if (vma && vma->vm_end == addr && mergesAfter(vma, flags, addr >> PAGE_SHIFT)) {
        setRange(vma, vma->vm_start, addr + len, vma->vm_pgoff);
    } else {
        vma = vm_area_alloc(mm);
        if (!vma) return -ENOMEM;
        vma->vm_start = addr;
        vma->vm_end = addr + len;
        vma->vm_pgoff = addr >> PAGE_SHIFT;
        vma->vm_flags = flags;
        linkVma(mm, vma);
    }
    vm_stat_account(mm, flags, static_cast<i64>(len >> PAGE_SHIFT));
    if (flags & VM_LOCKED) mm->locked_vm += len >> PAGE_SHIFT;
    return 0;
}

TRACED(int, check_data_rlimit, (u64, rlim), (u64, brk), (u64, start), (u64, end_data), (u64, start_data)) {
    if (rlim == RLIM_INFINITY) return 0;
    return check("RLIMIT_DATA", (brk - start) + (end_data - start_data) <= rlim, rlim) ? 0 : -ENOSPC;
}

bool growBreak(mm_struct* mm, u64 oldbrk, u64 newbrk) {
    if (check_brk_limits(oldbrk, newbrk - oldbrk) != 0) return false;
    const auto next = mm->mm_rb.lower_bound(oldbrk);
    const bool room = next == mm->mm_rb.end() || newbrk + PAGE_SIZE <= vm_start_gap(next->second);
    if (!check("a free page, and the stack's guard, before the next mapping", room, newbrk)) return false;
    vm_area_struct* heap = vmaBefore(mm, oldbrk);  // the program's bss below it is another VMA and stays one
    if (heap && heap->vm_end <= mm->start_brk) heap = nullptr;
    if (do_brk_flags(heap, oldbrk, newbrk - oldbrk, 0) < 0) return false;
    if (mm->def_flags & VM_LOCKED) mm_populate(mm, oldbrk, newbrk - oldbrk);
    return true;
}

}  // namespace

// The middle of sys_brk: may the break move, and what has to be mapped or unmapped for it.
bool moveBreak(mm_struct* mm, u64 brk) {
    if (!check("brk >= mm->start_brk", brk >= mm->start_brk, brk)) return false;
    if (check_data_rlimit(rlimit_cur(RLIMIT_DATA), brk, mm->start_brk, mm->end_data, mm->start_data) != 0) return false;
    const u64 newbrk = PAGE_ALIGN(brk), oldbrk = PAGE_ALIGN(mm->brk);
    if (oldbrk == newbrk) return true;
    if (brk <= mm->brk) return do_mas_munmap(mm, newbrk, oldbrk - newbrk) == 0;
    return newbrk > oldbrk && growBreak(mm, oldbrk, newbrk);
}

TRACED(int, vm_brk_flags, (u64, addr), (u64, request), (u64, flags)) {
    mm_struct* mm = current->mm;
    const u64 len = PAGE_ALIGN(request);
    if (!check("PAGE_ALIGN(len) does not overflow", len >= request, request)) return -ENOMEM;
    if (len == 0) return 0;
    if (flags & ~VM_EXEC) return -EINVAL;
    TRY_INT(check_brk_limits(addr, len));
    TRY_INT(do_mas_munmap(mm, addr, len));
    TRY_INT(do_brk_flags(vmaBefore(mm, addr), addr, len, flags));
    if (mm->def_flags & VM_LOCKED) mm_populate(mm, addr, len);
    return 0;
}

// A mapping that may be accessed keeps stack_guard_gap away from the stack, and the stack from it.
TRACED(int, expand_downwards, (vm_area_struct*, vma), (u64, address)) {
    address &= PAGE_MASK;
    if (address < mmap_min_addr) return -EPERM;
    if (const vm_area_struct* prev = vmaPrevious(vma);
        prev && !(prev->vm_flags & VM_GROWSDOWN) && prev->vm_flags & VM_ACCESS)
        if (!check("stack_guard_gap", address - prev->vm_end >= version().mm.stack_guard_gap, prev->vm_end.get()))
            return -ENOMEM;
    anonVmaPrepare(vma);
    if (address >= vma->vm_start) return 0;
    const u64 size = vma->vm_end - address, grow = (vma->vm_start - address) >> PAGE_SHIFT;
    if (grow > vma->vm_pgoff) return -ENOMEM;
    TRY_INT(acct_stack_growth(vma, size, grow));
    setRange(vma, address, vma->vm_end, vma->vm_pgoff - grow);
    return 0;
}

TRACED(int, expand_stack_locked, (vm_area_struct*, vma), (u64, address)) { return expand_downwards(vma, address); }

TRACED(vm_area_struct*, find_extend_vma_locked, (mm_struct*, mm), (u64, addr)) {
    addr &= PAGE_MASK;
    vm_area_struct* vma = kernel::find_vma(mm, addr);
    if (vma == nullptr || vma->vm_start <= addr) return vma;
    if (!(vma->vm_flags & VM_GROWSDOWN) || expand_stack_locked(vma, addr) != 0) return nullptr;
    return vma;
}

}  // namespace kernel::v6_1
