// Linux v6.1 mm/mmap.c, second part: unmapping, splitting, the end of an address space.
#include "kernel_model/versions/v6_1/mm.hpp"

namespace kernel::v6_1 {
namespace {

TRACED(int, __vma_adjust, (vm_area_struct*, vma), (u64, start), (u64, end), (pgoff_t, pgoff),
       (vm_area_struct*, insert)) {
    setRange(vma, start, end, pgoff);
    if (insert) linkVma(vma->vm_mm, insert);
    return 0;
}

TRACED(void, unmap_region, (mm_struct*, mm), (const VmaList&, detached), (u64, start), (u64, end)) {
    const u64 entries = unmap_vmas(detached, start, end);
    const vm_area_struct* prev = vmaBefore(mm, start);
    const auto next = mm->mm_rb.lower_bound(end);
    free_pgtables(mm, detached, prev ? prev->vm_end.get() : 0,
                  next == mm->mm_rb.end() ? USER_PGTABLES_CEILING : next->first);
    if (entries) flush_tlb_range(mm, start, end);
}

TRACED_AS(void, removeVma, "remove_vma", (vm_area_struct*, vma)) { kernel::remove_vma(vma); }

TRACED(void, remove_mt, (mm_struct*, mm), (const VmaList&, detached)) {
    for (vm_area_struct* vma : detached) {
        vm_stat_account(mm, vma->vm_flags, -static_cast<i64>(vma_pages(vma)));
        removeVma(vma);
    }
}

TRACED(int, do_mas_align_munmap, (vm_area_struct*, vma), (mm_struct*, mm), (u64, start), (u64, end)) {
    if (start > vma->vm_start) {
        if (end < vma->vm_end &&
            !check("map_count < sysctl_max_map_count", mm->map_count < sysctl_max_map_count, mm->map_count.get()))
            return -ENOMEM;
        TRY_INT(__split_vma(mm, vma, start, 0));
        vma = vmaNext(vma);
    }
    VmaList detached;
    for (vm_area_struct* next = vma; next && next->vm_start < end; next = vmaNext(next)) {
        if (next->vm_end > end) {
            TRY_INT(__split_vma(mm, next, end, 1));
            next = vmaBefore(mm, end);
        }
        detached.push_back(next);
    }
    for (vm_area_struct* gone : detached) {
        if (gone->vm_flags & VM_LOCKED) mm->locked_vm -= vma_pages(gone);
        unlinkVma(gone);
    }
    unmap_region(mm, detached, start, end);
    remove_mt(mm, detached);
    return 0;
}

}  // namespace

// The part of the VMA on one side of the address becomes a VMA of its own: below it, or from it on.
TRACED(int, __split_vma, (mm_struct*, mm), (vm_area_struct*, vma), (u64, addr), (int, new_below)) {
    vm_area_struct* part = vm_area_dup(vma);
    if (!part) return -ENOMEM;
    if (new_below) {
        part->vm_end = addr;
    } else {
        part->vm_start = addr;
        part->vm_pgoff = linear_page_index(vma, addr);
    }
    int error = anon_vma_clone(part, vma);
    if (!error && new_below) error = __vma_adjust(vma, addr, vma->vm_end, linear_page_index(vma, addr), part);
    else if (!error) error = __vma_adjust(vma, vma->vm_start, addr, vma->vm_pgoff, part);
    if (error) dropCopyOfVma(part);
    return error;
}

TRACED(int, split_vma, (mm_struct*, mm), (vm_area_struct*, vma), (u64, addr), (int, new_below)) {
    if (!check("map_count < sysctl_max_map_count", mm->map_count < sysctl_max_map_count, mm->map_count.get()))
        return -ENOMEM;
    return __split_vma(mm, vma, addr, new_below);
}

TRACED(int, do_mas_munmap, (mm_struct*, mm), (u64, start), (u64, len)) {
    if (!check("start is page aligned and below TASK_SIZE",
               !(start & ~PAGE_MASK) && start <= TASK_SIZE && len <= TASK_SIZE - start, start))
        return -EINVAL;
    const u64 end = start + PAGE_ALIGN(len);
    if (!check("len != 0", end != start, len)) return -EINVAL;
    vm_area_struct* vma = find_vma_intersection(mm, start, end);
    return vma ? do_mas_align_munmap(vma, mm, start, end) : 0;
}

TRACED(int, __vm_munmap, (u64, start), (u64, len)) { return do_mas_munmap(current->mm, start, len); }

TRACED(int, vm_munmap, (u64, start), (u64, len)) { return __vm_munmap(start, len); }

// The TLB may keep entries of the dead address space: nobody runs in it, and whatever is loaded next flushes (pgd_free
// too).
TRACED(void, exit_mmap, (mm_struct*, mm)) {
    VmaList all;
    for (const auto& [start, vma] : mm->mm_rb) all.push_back(vma);
    if (all.empty()) return;
    unmap_vmas(all, 0, ~u64{0});
    free_pgtables(mm, all, 0, USER_PGTABLES_CEILING);
    for (vm_area_struct* vma : all) {
        traceVma("remove", vma);
        removeVma(vma);
    }
    mm->mm_rb.clear();
    mm->mmap_cache = nullptr;
    BUG_ON(mm->nr_ptes != 0 || mm->rss_anon != 0 || mm->rss_file != 0);
}

}  // namespace kernel::v6_1
