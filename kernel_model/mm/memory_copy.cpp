// Linux mm/memory.c, second part: copying page tables at fork, clearing them at unmap.
#include "kernel_model/mm/internal.hpp"

namespace kernel {
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
        ++shared->_mapcount;
        ++(shared->flags & PG_anon ? dst_mm->rss_anon : dst_mm->rss_file);
    }
    setEntry(dst_mm, addr, dst_pte.entry, pte);
}

void zap_pte(mm_struct* mm, u64 address, u64* entry) {
    const u64 pte = *entry;
    setEntry(mm, address, entry, 0);
    page* mapped = vm_normal_page(pte);
    if (mapped == nullptr) return;
    if (mapped->flags & PG_anon) {
        --mm->rss_anon;
    } else {
        if (pte & cpu::PTE_DIRTY) mapped->flags |= PG_dirty;
        --mm->rss_file;
    }
    --mapped->_mapcount;
    put_page(mapped);
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

// How many entries there were; when there were any, the caller flushes the TLB.
u64 unmap_vmas(mm_struct* mm, u64 start, u64 end) {
    u64 entries = 0;
    forEachEntry(mm, start, end, [&](u64 address, u64* entry) {
        zap_pte(mm, address, entry);
        ++entries;
    });
    return entries;
}

// A file was cut: nobody maps its pages from `first` on any more, private copies included (truncate_pagecache).
void unmap_mapping_range(const address_space* mapping, pgoff_t first) {
    for (const task_struct* task : all_tasks()) {
        if (!task->mm) continue;
        for (const auto& [start, vma] : task->mm->mm_rb) {
            if (!vma->vm_file || &vma->vm_file->f_inode->i_mapping != mapping) continue;
            const u64 kept = first > vma->vm_pgoff ? first - vma->vm_pgoff : 0;
            if (kept < vma_pages(vma))
                zap_page_range(vma, start + (kept << PAGE_SHIFT), vma->vm_end - start - (kept << PAGE_SHIFT));
        }
    }
}

TRACED(void, zap_page_range, (vm_area_struct*, vma), (u64, start), (u64, size)) {
    if (unmap_vmas(vma->vm_mm, start, start + size)) flush_tlb_range(vma->vm_mm, start, start + size);
}

}  // namespace kernel
