// Linux v3.10 mm/mmap.c, second part: unmapping, the heap, the stack's growth, the end of an address space.
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"

namespace kernel::v3_10 {
// The part of the VMA on one side of the address becomes a VMA of its own: below it, or from it on.
TRACED(int, __split_vma, (mm_struct*, mm), (vm_area_struct*, vma), (u64, addr), (int, new_below)) {
    vm_area_struct* part = version().mm.vm_area_dup(vma);
    if (!part) return -ENOMEM;
    if (new_below) {
        part->vm_end = addr;
    } else {
        part->vm_start = addr;
        part->vm_pgoff = linear_page_index(vma, addr);
    }
    if (new_below) setRange(vma, addr, vma->vm_end, linear_page_index(vma, addr));
    else setRange(vma, vma->vm_start, addr, vma->vm_pgoff);
    vma_link(mm, part);
    return 0;
}

int split_vma(mm_struct* mm, vm_area_struct* vma, u64 address, int new_below) {
    if (!check("map_count < sysctl_max_map_count", mm->map_count < sysctl_max_map_count, mm->map_count.get()))
        return -ENOMEM;
    return __split_vma(mm, vma, address, new_below);
}

namespace {

TRACED(void, detach_vmas_to_be_unmapped, (mm_struct*, mm), (vm_area_struct*, vma), (u64, end), (VmaList&, detached)) {
    for (auto at = mm->mm_rb.find(vma->vm_start); at != mm->mm_rb.end() && at->first < end; ++at)
        detached.push_back(at->second);
    for (vm_area_struct* gone : detached) unlinkVma(gone);
}

TRACED(void, unmap_region, (mm_struct*, mm), (const VmaList&, detached), (u64, start), (u64, end)) {
    u64 unmapped = 0;
    for (const vm_area_struct* vma : detached)
        unmapped += zapRange(mm, std::max(start, vma->vm_start.get()), std::min(end, vma->vm_end.get()));
    const vm_area_struct* prev = vmaBefore(mm, start);
    const auto next = mm->mm_rb.lower_bound(end);
    free_pgd_range(mm, start, end, prev ? prev->vm_end.get() : 0, next == mm->mm_rb.end() ? ~u64{0} : next->first);
    if (unmapped) flush_tlb_range(mm, start, end);
}

TRACED(void, remove_vma_list, (mm_struct*, mm), (const VmaList&, detached)) {
    for (vm_area_struct* vma : detached) {
        if (vma->vm_flags & VM_LOCKED) mm->locked_vm -= vma_pages(vma);
        vm_stat_account(mm, vma->vm_flags, vma->vm_file, -static_cast<i64>(vma_pages(vma)));
        remove_vma(vma);
    }
}

}  // namespace

TRACED(vm_area_struct*, find_vma, (mm_struct*, mm), (u64, addr)) { return kernel::find_vma(mm, addr); }
TRACED(vm_area_struct*, find_vma_intersection, (mm_struct*, mm), (u64, start_addr), (u64, end_addr)) {
    return kernel::find_vma_intersection(mm, start_addr, end_addr);
}

TRACED(int, do_munmap, (mm_struct*, mm), (u64, start), (u64, len)) {
    if (!check("start is page aligned and below TASK_SIZE",
               !(start & ~PAGE_MASK) && start <= TASK_SIZE && len <= TASK_SIZE - start, start))
        return -EINVAL;
    len = PAGE_ALIGN(len);
    if (!check("len != 0", len != 0, len)) return -EINVAL;
    const u64 end = start + len;
    vm_area_struct* vma = v3_10::find_vma(mm, start);
    if (vma == nullptr || vma->vm_start >= end) return 0;
    if (start > vma->vm_start) {
        if (end < vma->vm_end &&
            !check("map_count < sysctl_max_map_count", mm->map_count < sysctl_max_map_count, mm->map_count.get()))
            return -ENOMEM;
        TRY_INT(__split_vma(mm, vma, start, 0));
        vma = vmaNext(vma);
    }
    if (vm_area_struct* last = v3_10::find_vma(mm, end); last && end > last->vm_start) {
        TRY_INT(__split_vma(mm, last, end, 1));
        vma = kernel::find_vma(mm, start);
    }
    VmaList detached;
    detach_vmas_to_be_unmapped(mm, vma, end, detached);
    unmap_region(mm, detached, start, end);
    remove_vma_list(mm, detached);
    return 0;
}

TRACED(int, vm_munmap, (u64, start), (u64, len)) { return do_munmap(current->mm, start, len); }

// Anonymous private memory at exactly this place.
TRACED(Result<u64>, do_brk, (u64, addr), (u64, len)) {
    mm_struct* mm = current->mm;
    len = PAGE_ALIGN(len);
    if (len == 0) return addr;
    u64 flags = VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT | mm->def_flags;
    if (current->personality & READ_IMPLIES_EXEC) flags |= VM_EXEC;
    (void)TRY(get_unmapped_area(nullptr, addr, len, 0, MAP_FIXED));
    if (!withinLockLimit(mm, mm->def_flags, len)) return Failure{-EAGAIN};
    if (kernel::find_vma_intersection(mm, addr, addr + len) && do_munmap(mm, addr, len) != 0) return Failure{-ENOMEM};
    if (!may_expand_vm(mm, len >> PAGE_SHIFT)) return Failure{-ENOMEM};
    if (!check("map_count <= sysctl_max_map_count", mm->map_count <= sysctl_max_map_count, mm->map_count.get()))
        return Failure{-ENOMEM};
    TRY_INT(security_vm_enough_memory_mm(len >> PAGE_SHIFT));
    if (!vma_merge(mm, vmaBefore(mm, addr), addr, addr + len, flags, 0, nullptr, addr >> PAGE_SHIFT)) {
        auto* vma = new vm_area_struct;
        vma->vm_mm = mm;
        vma->vm_start = addr;
        vma->vm_end = addr + len;
        vma->vm_pgoff = addr >> PAGE_SHIFT;
        vma->vm_flags = flags;
        vma_link(mm, vma);
    }
    mm->total_vm += len >> PAGE_SHIFT;
    if (flags & VM_LOCKED) mm->locked_vm += len >> PAGE_SHIFT;
    return addr;
}

TRACED(Result<u64>, vm_brk, (u64, addr), (u64, len)) {
    const u64 start = TRY(do_brk(addr, len));
    if (current->mm->def_flags & VM_LOCKED) mm_populate(current->mm, addr, len);
    return start;
}

// The heap's new end, or the reason why it stays.
bool moveBreak(mm_struct* mm, u64 brk) {
    if (!check("brk >= mm->start_brk", brk >= mm->start_brk, brk)) return false;
    const u64 limit = rlimit_cur(RLIMIT_DATA);
    if (limit < RLIM_INFINITY &&
        !check("RLIMIT_DATA", (brk - mm->start_brk) + (mm->end_data - mm->start_data) <= limit, limit))
        return false;
    const u64 newbrk = PAGE_ALIGN(brk), oldbrk = PAGE_ALIGN(mm->brk);
    if (oldbrk == newbrk) return true;
    if (brk <= mm->brk) return do_munmap(mm, newbrk, oldbrk - newbrk) == 0;
    if (newbrk < oldbrk) return false;
    const vm_area_struct* above = v3_10::find_vma_intersection(mm, oldbrk, newbrk + PAGE_SIZE);
    if (!check("a free page before the next mapping", above == nullptr, newbrk)) return false;
    const Result<u64> grown = do_brk(oldbrk, newbrk - oldbrk);
    if (!grown.ok() || grown.value() != oldbrk) return false;
    if (mm->def_flags & VM_LOCKED) mm_populate(mm, oldbrk, newbrk - oldbrk);
    return true;
}

TRACED(int, expand_downwards, (vm_area_struct*, vma), (u64, address)) {
    anon_vma_prepare(vma);
    address &= PAGE_MASK;
    if (address < mmap_min_addr && !capable(CAP_SYS_RAWIO)) return -EPERM;
    if (address >= vma->vm_start) return 0;
    const u64 size = vma->vm_end - address, grow = (vma->vm_start - address) >> PAGE_SHIFT;
    if (grow > vma->vm_pgoff) return -ENOMEM;
    TRY_INT(acct_stack_growth(vma, size, grow));
    vma_adjust(vma, address, vma->vm_end, vma->vm_pgoff - grow);
    return 0;
}

// v3.10: the lowest page of a VM_GROWSDOWN VMA is its guard, so only a mapping that touches it must be refused here.
TRACED(int, expand_stack, (vm_area_struct*, vma), (u64, address)) {
    address &= PAGE_MASK;
    const vm_area_struct* prev = vmaPrevious(vma);
    if (prev && prev->vm_end == address && !(prev->vm_flags & VM_GROWSDOWN)) return -ENOMEM;
    return expand_downwards(vma, address);
}

TRACED(vm_area_struct*, find_extend_vma, (mm_struct*, mm), (u64, addr)) {
    addr &= PAGE_MASK;
    vm_area_struct* vma = v3_10::find_vma(mm, addr);
    if (vma == nullptr || vma->vm_start <= addr) return vma;
    if (!(vma->vm_flags & VM_GROWSDOWN) || expand_stack(vma, addr) != 0) return nullptr;
    return vma;
}

// The TLB may keep entries of the dead address space: nobody runs in it, and whatever is loaded next flushes (pgd_free
// too).
TRACED(void, exit_mmap, (mm_struct*, mm)) {
    for (const auto& [start, vma] : mm->mm_rb) zapRange(mm, vma->vm_start, vma->vm_end);
    for (auto at = mm->mm_rb.begin(); at != mm->mm_rb.end();) {
        const vm_area_struct* vma = at->second;
        const u64 ceiling = ++at == mm->mm_rb.end() ? ~u64{0} : at->first;
        free_pgd_range(mm, vma->vm_start, vma->vm_end, 0, ceiling);
    }
    for (const auto& [start, vma] : mm->mm_rb) {
        traceVma("remove", vma);
        remove_vma(vma);
    }
    mm->mm_rb.clear();
    mm->mmap_cache = nullptr;
    BUG_ON(mm->nr_ptes != 0 || mm->rss_anon != 0 || mm->rss_file != 0);
}

}  // namespace kernel::v3_10
