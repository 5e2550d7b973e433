// Linux v3.10 mm/mprotect.c.
#include "kernel_model/mm/flags.hpp"
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"

namespace kernel::v3_10 {
namespace {

TRACED(u64, change_protection, (vm_area_struct*, vma), (u64, start), (u64, end)) {
    mm_struct* mm = vma->vm_mm;
    const u64 prot = vm_get_page_prot(vma->vm_flags);
    u64 pages = 0;
    forEachEntry(mm, start, end, [&](u64 address, u64* entry) {
        setEntry(mm, address, entry, (*entry & PTE_KEPT) | prot);
        ++pages;
    });
    if (pages) flush_tlb_range(mm, start, end);
    return pages;
}

}  // namespace

TRACED(int, mprotect_fixup, (vm_area_struct*, vma), (vm_area_struct**, pprev), (u64, start), (u64, end),
       (u64, newflags)) {
    mm_struct* mm = vma->vm_mm;
    const u64 oldflags = vma->vm_flags;
    const i64 pages = static_cast<i64>((end - start) >> PAGE_SHIFT);
    if (newflags == oldflags) {
        *pprev = vma;
        return 0;
    }
    // Private pages that become writable count against the memory that can be promised.
    if (newflags & VM_WRITE && !(oldflags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE))) {
        TRY_INT(security_vm_enough_memory_mm(static_cast<u64>(pages)));
        newflags |= VM_ACCOUNT;
    }
    TRY_INT(changeFlags(&vma, pprev, start, end, newflags));
    change_protection(vma, start, end);
    vm_stat_account(mm, oldflags, vma->vm_file, -pages);
    vm_stat_account(mm, newflags, vma->vm_file, pages);
    return 0;
}

// The body of sys_mprotect.
long mprotect(u64 start, u64 len, u64 prot) {
    constexpr u64 grows_up = PROT_GROWSUP, grows_down = PROT_GROWSDOWN;
    const u64 grows = prot & (grows_up | grows_down);
    prot &= ~(grows_up | grows_down);
    if (grows == (grows_up | grows_down) || !check("start is page aligned", !(start & ~PAGE_MASK), start))
        return -EINVAL;
    if (len == 0) return 0;
    const u64 end = start + PAGE_ALIGN(len);
    if (end <= start) return -ENOMEM;
    if (prot & ~u64{PROT_READ | PROT_WRITE | PROT_EXEC | 8}) return -EINVAL;  // 8: PROT_SEM
    if (prot & PROT_READ && current->personality & READ_IMPLIES_EXEC) prot |= PROT_EXEC;
    const u64 vm_flags = prot & VM_ACCESS;
    mm_struct* mm = current->mm;
    vm_area_struct* vma = kernel::find_vma(mm, start);
    if (vma == nullptr) return -ENOMEM;
    if (grows & grows_down) {
        if (vma->vm_start >= end) return -ENOMEM;
        start = vma->vm_start;
        if (!(vma->vm_flags & VM_GROWSDOWN)) return -EINVAL;
    } else if (!check("start is mapped", vma->vm_start <= start, start)) {
        return -ENOMEM;
    } else if (grows & grows_up) {
        return -EINVAL;
    }
    vm_area_struct* prev = start > vma->vm_start ? vma : vmaPrevious(vma);
    for (u64 at = start;;) {
        const u64 newflags = vm_flags | (vma->vm_flags & ~VM_ACCESS);
        if (!check("VM_MAY* allows it", !((newflags & ~(newflags >> 4)) & VM_ACCESS), newflags)) return -EACCES;
        const u64 stop = std::min(end, vma->vm_end.get());
        TRY_INT(mprotect_fixup(vma, &prev, at, stop, newflags));
        at = std::max(stop, prev->vm_end.get());
        if (at >= end) return 0;
        vma = vmaNext(prev);
        if (vma == nullptr || vma->vm_start != at) return -ENOMEM;
    }
}

}  // namespace kernel::v3_10
