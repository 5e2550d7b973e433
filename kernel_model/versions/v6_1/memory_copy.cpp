// Linux v6.1 mm/memory.c, third part: copying page tables at fork, clearing and freeing them.
#include "kernel_model/versions/v6_1/mm.hpp"

namespace kernel::v6_1 {
namespace {

constexpr u64 VM_PFNMAP = 0x400;  // [vvar]

TRACED(int, copy_present_pte, (vm_area_struct*, dst_vma), (vm_area_struct*, src_vma), (PteSlot, dst_pte),
       (PteSlot, src_pte), (u64, addr)) {
    u64 pte = *src_pte.entry;
    mm_struct* dst_mm = dst_vma->vm_mm;
    if (page* shared = vm_normal_page(pte)) {
        get_page(shared);
        page_add_rmap(shared);
        shared->flags &= ~PG_anon_exclusive;  // page_try_dup_anon_rmap
        ++(isAnon(shared) ? dst_mm->rss_anon : dst_mm->rss_file);
    }
    if (is_cow_mapping(src_vma->vm_flags) && pte_write(pte)) {
        pte &= ~cpu::PTE_WRITE;
        setEntry(src_vma->vm_mm, addr, src_pte.entry, pte);
    }
    if (src_vma->vm_flags & VM_SHARED) pte &= ~cpu::PTE_DIRTY;
    setEntry(dst_mm, addr, dst_pte.entry, pte & ~cpu::PTE_ACCESSED);
    return 0;
}

// The entries that one table of the lowest level serves.
TRACED(int, copy_pte_range, (vm_area_struct*, dst_vma), (vm_area_struct*, src_vma), (u64, addr), (u64, end)) {
    u64* slot = pteAlloc(dst_vma->vm_mm, addr);
    if (slot == nullptr) return -ENOMEM;
    slot -= cpu::pageTableIndex(addr, 0);
    forEachEntry(src_vma->vm_mm, addr, end, [&](u64 address, u64* entry) {
        copy_present_pte(dst_vma, src_vma, PteSlot{slot + cpu::pageTableIndex(address, 0)}, PteSlot{entry}, address);
    });
    return 0;
}

// File pages come back by faults; what only this address space knows must be copied.
bool vma_needs_copy(const vm_area_struct* src) { return src->anon_vma != 0 || src->vm_flags & VM_PFNMAP; }

TRACED(void, unmap_single_vma, (vm_area_struct*, vma), (u64, start), (u64, end), (u64&, entries)) {
    entries += zapRange(vma->vm_mm, std::max(start, vma->vm_start.get()), std::min(end, vma->vm_end.get()));
}

TRACED(void, unlink_anon_vmas, (vm_area_struct*, vma)) {}
TRACED(void, unlink_file_vma, (vm_area_struct*, vma)) {}

TRACED_AS(void, freeTablesOf, "free_pgd_range", (mm_struct*, mm), (u64, addr), (u64, end), (u64, floor),
          (u64, ceiling)) {
    free_pgd_range(mm, addr, end, floor, ceiling);
}

}  // namespace

// The parent's TLB entries are stale afterwards: dup_mmap flushes once for all VMAs.
TRACED(int, copy_page_range, (vm_area_struct*, dst_vma), (vm_area_struct*, src_vma)) {
    if (!vma_needs_copy(src_vma)) return 0;
    for (u64 at = src_vma->vm_start; at < src_vma->vm_end;) {
        const u64 stop = std::min(src_vma->vm_end.get(), (at & ~(PMD_SIZE - 1)) + PMD_SIZE);
        if (pte_lookup(src_vma->vm_mm, at)) TRY_INT(copy_pte_range(dst_vma, src_vma, at, stop));
        at = stop;
    }
    return 0;
}

TRACED(u64, unmap_vmas, (const VmaList&, vmas), (u64, start), (u64, end)) {
    u64 entries = 0;
    for (vm_area_struct* vma : vmas) unmap_single_vma(vma, start, end, entries);
    return entries;
}

// Tables of neighbours that lie close together are freed in one go.
TRACED(void, free_pgtables, (mm_struct*, mm), (const VmaList&, vmas), (u64, floor), (u64, ceiling)) {
    for (std::size_t i = 0; i < vmas.size(); ++i) {
        const u64 start = vmas[i]->vm_start;
        unlink_anon_vmas(vmas[i]);
        unlink_file_vma(vmas[i]);
        while (i + 1 < vmas.size() && vmas[i + 1]->vm_start <= vmas[i]->vm_end + PMD_SIZE) {
            ++i;
            unlink_anon_vmas(vmas[i]);
            unlink_file_vma(vmas[i]);
        }
        freeTablesOf(mm, start, vmas[i]->vm_end, floor, i + 1 < vmas.size() ? vmas[i + 1]->vm_start.get() : ceiling);
    }
}

TRACED(void, zap_page_range_single, (vm_area_struct*, vma), (u64, address), (u64, size)) {
    u64 entries = 0;
    unmap_single_vma(vma, address, address + size, entries);
    if (entries) flush_tlb_range(vma->vm_mm, address, address + size);
}

}  // namespace kernel::v6_1
