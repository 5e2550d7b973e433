// Linux v3.10 mm/memory.c, second part: copying page tables at fork, clearing them.
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"

namespace kernel::v3_10 {
namespace {

// Write-protects a private page in both address spaces, so that whoever writes first gets a copy.
TRACED(void, copy_one_pte, (mm_struct*, dst_mm), (mm_struct*, src_mm), (PteSlot, dst_pte), (PteSlot, src_pte),
       (vm_area_struct*, vma), (u64, addr)) {
    u64 pte = *src_pte.entry;
    if (is_cow_mapping(vma->vm_flags)) {
        pte &= ~cpu::PTE_WRITE;
        setEntry(src_mm, addr, src_pte.entry, pte);
    }
    if (vma->vm_flags & VM_SHARED) pte &= ~cpu::PTE_DIRTY;
    pte &= ~cpu::PTE_ACCESSED;
    if (page* shared = vm_normal_page(pte)) {
        get_page(shared);
        page_add_rmap(shared);
        ++(shared->flags & PG_anon ? dst_mm->rss_anon : dst_mm->rss_file);
    }
    setEntry(dst_mm, addr, dst_pte.entry, pte);
}

}  // namespace

// The parent's TLB entries are stale afterwards: dup_mmap flushes once for all VMAs.
TRACED(int, copy_page_range, (mm_struct*, dst_mm), (mm_struct*, src_mm), (vm_area_struct*, vma)) {
    if (!vma->anon_vma) return 0;
    u64* table = nullptr;
    u64 table_serves = ~u64{0};
    bool exhausted = false;
    forEachEntry(src_mm, vma->vm_start, vma->vm_end, [&](u64 address, u64* entry) {
        if (exhausted) return;
        if (const u64 serves = address >> 21; serves != table_serves) {
            u64* first = pte_alloc(dst_mm, address);
            if (first == nullptr) {
                exhausted = true;
                return;
            }
            table = first - cpu::pageTableIndex(address, 0);
            table_serves = serves;
        }
        copy_one_pte(dst_mm, src_mm, PteSlot{table + cpu::pageTableIndex(address, 0)}, PteSlot{entry}, vma, address);
    });
    return exhausted ? -ENOMEM : 0;
}

TRACED(void, zap_page_range, (vm_area_struct*, vma), (u64, start), (u64, size)) {
    if (zapRange(vma->vm_mm, start, start + size)) flush_tlb_range(vma->vm_mm, start, start + size);
}

}  // namespace kernel::v3_10
