// Linux arch/x86/kernel/sys_x86_64.c: where mappings go. mmap(2).
#include "kernel_model/mm/flags.hpp"
#include "kernel_model/mm/internal.hpp"

namespace kernel {

long sys_mmap_pgoff(u64 addr, u64 len, u64 prot, u64 flags, u64 fd, u64 pgoff);
Result<u64> arch_get_unmapped_area(file*, u64 address, u64 length, pgoff_t, u64 flags);

namespace {

// The lowest gap of [low, high) that takes `length` bytes: its start.
Result<u64> unmappedAreaBottomUp(mm_struct* mm, u64 length, u64 low, u64 high) {
    u64 gap = low;
    const vm_area_struct* vma = find_vma(mm, low);
    for (; vma && vma->vm_start < high; vma = vmaNext(vma)) {
        const u64 start = vm_start_gap(vma);
        if (start > gap && start - gap >= length) return gap;
        gap = std::max(gap, vma->vm_end.get());
    }
    if (gap <= high && high - gap >= length) return gap;
    return Failure{-ENOMEM};
}

// The highest gap of [low, high) that takes `length` bytes: the address so that it ends at the gap's end.
Result<u64> unmappedAreaTopDown(mm_struct* mm, u64 length, u64 low, u64 high) {
    u64 gap_end = high;
    for (auto at = mm->mm_rb.lower_bound(high); at != mm->mm_rb.begin();) {
        const vm_area_struct* vma = (--at)->second;
        if (vma->vm_end <= gap_end && gap_end - vma->vm_end >= length) break;
        gap_end = std::min(gap_end, vm_start_gap(vma));
        if (gap_end < low + length) return Failure{-ENOMEM};
    }
    if (gap_end < low || gap_end - low < length) return Failure{-ENOMEM};
    return gap_end - length;
}

}  // namespace

TRACED(Result<u64>, arch_get_unmapped_area, (struct file*, filp), (u64, addr), (u64, len), (pgoff_t, pgoff),
       (u64, flags)) {
    mm_struct* mm = current->mm;
    if (flags & MAP_FIXED) return addr;
    const bool low = flags & MAP_32BIT;
    u64 begin = low ? 0x4000'0000 : mm->mmap_legacy ? mm->mmap_base.get() : TASK_UNMAPPED_BASE;
    const u64 end = low ? 0x8000'0000 : TASK_SIZE;
    if (low && current->flags & PF_RANDOMIZE) begin = PAGE_ALIGN(begin + randomU64("map_32bit") % 0x0200'0000);
    if (len > end) return Failure{-ENOMEM};
    if (addr != 0)
        if (const Result<u64> hint = version().mm.acceptHint(mm, addr, len, end); hint.ok()) return hint;
    return unmappedAreaBottomUp(mm, len, begin, end);
}

TRACED(Result<u64>, arch_get_unmapped_area_topdown, (struct file*, filp), (u64, addr), (u64, len), (pgoff_t, pgoff),
       (u64, flags)) {
    mm_struct* mm = current->mm;
    if (len > TASK_SIZE) return Failure{-ENOMEM};
    if (flags & MAP_FIXED) return addr;
    if (!(flags & MAP_32BIT)) {
        if (addr != 0)
            if (const Result<u64> hint = version().mm.acceptHint(mm, addr, len, TASK_SIZE); hint.ok()) return hint;
        const Result<u64> found = unmappedAreaTopDown(mm, len, PAGE_SIZE, mm->mmap_base);
        if (found.ok()) return found;
    }
    return arch_get_unmapped_area(filp, addr, len, pgoff, flags);
}

SYSCALL_DEFINE(6, mmap, (UserPtr<void>, addr), (size_t, len), (MemoryProtection, prot), (MappingFlags, flags),
               (int, fd), (u64, off)) {
    if (!check("offset is page aligned", !(off & ~PAGE_MASK), off)) return -EINVAL;
    return sys_mmap_pgoff(addr.address, len, prot, flags, static_cast<u64>(fd), off >> PAGE_SHIFT);
}

}  // namespace kernel
