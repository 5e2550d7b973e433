// Linux mm/mmap.c, first part: the VMAs of an address space: looking up, linking, splitting, merging.
#include "kernel_model/include/linux/shm.hpp"
#include "kernel_model/mm/internal.hpp"

namespace kernel {
namespace {

// A VMA with VM_DENYWRITE keeps writers away from its file (__vma_link_file, __remove_shared_vm_struct).
void denyWriters(const vm_area_struct* vma, int by) {
    if (vma->vm_file && vma->vm_flags & VM_DENYWRITE) vma->vm_file->f_inode->i_writecount += by;
}

// is_mergeable_anon_vma: VMAs whose anon_vma was cloned by fork merge with nobody who does not have the same one.
bool anonMergeable(u32 one, u32 other, const vm_area_struct* vma) {
    if ((one == 0 || other == 0) && (vma == nullptr || vma->anon_vma_chain <= 1)) return true;
    return one == other;
}

bool mergeable(const vm_area_struct* vma, const MergeRequest& r) {
    return vma->vm_flags == r.flags && vma->vm_file == r.vm_file && vma->vm_ops == nullptr &&
           anonMergeable(r.anon_vma, vma->anon_vma, vma);
}
}  // namespace

void setRange(vm_area_struct* vma, u64 start, u64 end, pgoff_t pgoff) {
    mm_struct* mm = vma->vm_mm;
    const VmaRange before = rangeOf(vma);
    if (start != before.start) {
        auto node = mm->mm_rb.extract(before.start);
        node.key() = start;
        mm->mm_rb.insert(std::move(node));
    }
    vma->vm_start = start;
    vma->vm_end = end;
    vma->vm_pgoff = pgoff;
    traceVmaChange(vma, before);
}

bool canMergeAfter(const vm_area_struct* vma, const MergeRequest& r) {
    return mergeable(vma, r) && vma->vm_pgoff + vma_pages(vma) == r.pgoff;
}
bool canMergeBefore(const vm_area_struct* vma, const MergeRequest& r) {
    return mergeable(vma, r) && vma->vm_pgoff == r.pgoff + r.pages;
}

void inheritAnonVma(vm_area_struct* to, const vm_area_struct* from) {
    if (to->anon_vma || !from->anon_vma) return;
    to->anon_vma = from->anon_vma;
    to->anon_vma_chain = from->anon_vma_chain;
}

namespace {

// The survivor takes over all of `gone`.
void absorb(vm_area_struct* survivor, vm_area_struct* gone) {
    inheritAnonVma(survivor, gone);
    unlinkVma(gone);
    remove_vma(gone);
}

// Cases 1, 2, 5, 6, 7 of Linux's table: the VMA before the range grows over it.
vm_area_struct* mergeIntoPrevious(vm_area_struct* prev, vm_area_struct* area, vm_area_struct* next, u64 end,
                                  bool join_next) {
    const u64 stop = join_next ? next->vm_end.get() : end;
    if (area && area != next && area->vm_end <= end) absorb(prev, area);
    else if (area && area->vm_start < end) {
        inheritAnonVma(prev, area);
        setRange(area, end, area->vm_end, linear_page_index(area, end));
    }
    if (join_next) absorb(prev, next);
    setRange(prev, prev->vm_start, stop, prev->vm_pgoff);
    return prev;
}

// Cases 3, 4, 8: the VMA behind the range grows downwards over it.
vm_area_struct* mergeIntoNext(vm_area_struct* prev, vm_area_struct* area, vm_area_struct* next, u64 address,
                              pgoff_t pgoff) {
    if (prev && address < prev->vm_end) {
        inheritAnonVma(next, prev);
        setRange(prev, prev->vm_start, address, prev->vm_pgoff);
    } else if (area != next) {
        const u64 stop = next->vm_end;
        absorb(area, next);
        setRange(area, address, stop, pgoff);
        return area;
    }
    setRange(next, address, next->vm_end, pgoff);
    return next;
}

}  // namespace

vm_area_struct* find_vma(mm_struct* mm, u64 address) {
    vm_area_struct* cached = mm->mmap_cache;
    if (cached && cached->vm_end > address && cached->vm_start <= address) return cached;
    vm_area_struct* found = vmaBefore(mm, address + 1);
    if (found == nullptr || found->vm_end <= address) {
        const auto above = mm->mm_rb.upper_bound(address);
        found = above == mm->mm_rb.end() ? nullptr : above->second;
    }
    if (found) mm->mmap_cache = found;
    return found;
}

vm_area_struct* find_vma_intersection(mm_struct* mm, u64 start, u64 end) {
    vm_area_struct* vma = find_vma(mm, start);
    return vma && end > vma->vm_start ? vma : nullptr;
}

vm_area_struct* vmaBefore(mm_struct* mm, u64 address) {
    const auto at = mm->mm_rb.lower_bound(address);
    return at == mm->mm_rb.begin() ? nullptr : std::prev(at)->second;
}
vm_area_struct* vmaPrevious(const vm_area_struct* vma) { return vmaBefore(vma->vm_mm, vma->vm_start); }
vm_area_struct* vmaNext(const vm_area_struct* vma) {
    const auto& all = vma->vm_mm->mm_rb;
    const auto at = all.upper_bound(vma->vm_start);
    return at == all.end() ? nullptr : at->second;
}

traces::Value traceValue(const VmaList& list) {
    traces::Value value = traces::Value::list({});
    for (const vm_area_struct* vma : list) value.items.push_back(objectValue(vma));
    return value;
}

void linkVma(mm_struct* mm, vm_area_struct* vma) {
    mm->mm_rb.emplace(vma->vm_start, vma);
    mm->map_count += 1;
    denyWriters(vma, -1);
    traceVma("add", vma);
}

TRACED(void, vma_link, (mm_struct*, mm), (vm_area_struct*, vma)) { linkVma(mm, vma); }

void unlinkVma(vm_area_struct* vma) {
    mm_struct* mm = vma->vm_mm;
    traceVma("remove", vma);
    mm->mm_rb.erase(vma->vm_start);
    mm->mmap_cache = nullptr;
    mm->map_count -= 1;
}

void remove_vma(vm_area_struct* vma) {
    denyWriters(vma, 1);
    if (vma->vm_file && vma->vm_flags & VM_SHARED) filemap_write_and_wait(&vma->vm_file->f_inode->i_mapping);
    dropCopyOfVma(vma);
}

TRACED(int, insert_vm_struct, (mm_struct*, mm), (vm_area_struct*, vma)) {
    if (vma->vm_file == nullptr) vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
    if (find_vma_intersection(mm, vma->vm_start, vma->vm_end)) return -ENOMEM;
    if (vma->vm_flags & VM_ACCOUNT) TRY_INT(security_vm_enough_memory_mm(vma_pages(vma)));
    vma_link(mm, vma);
    return 0;
}

TRACED(int, vma_adjust, (vm_area_struct*, vma), (u64, start), (u64, end), (pgoff_t, pgoff)) {
    setRange(vma, start, end, pgoff);
    return 0;
}

void dropCopyOfVma(vm_area_struct* copy) {
    if (copy->vm_ops == &shm_vm_ops) shm_close(copy);
    if (copy->vm_file) fput(copy->vm_file);
    delete copy;
}

vm_area_struct* copyOfVma(const vm_area_struct* from) {
    auto* vma = new vm_area_struct(from);
    vma->vm_start.quiet() = from->vm_start;  // a duplicate begins with the original's values
    vma->vm_end.quiet() = from->vm_end;
    vma->vm_mm.quiet() = from->vm_mm;
    vma->vm_flags.quiet() = from->vm_flags;
    vma->vm_pgoff.quiet() = from->vm_pgoff;
    vma->vm_file = from->vm_file ? get_file(from->vm_file) : nullptr;
    vma->anon_vma = from->anon_vma;
    vma->anon_vma_chain = from->anon_vma_chain;
    vma->vm_ops = from->vm_ops;
    vma->special_pages = from->special_pages;
    if (vma->vm_ops == &shm_vm_ops) shm_open(vma);
    return vma;
}

TRACED(vm_area_struct*, vma_merge, (mm_struct*, mm), (vm_area_struct*, prev), (u64, addr), (u64, end), (u64, vm_flags),
       (u32, anon_vma), (struct file*, file), (pgoff_t, pgoff)) {
    if (vm_flags & VM_SPECIAL) return nullptr;
    vm_area_struct* area = prev ? vmaNext(prev) : mm->mm_rb.empty() ? nullptr : mm->mm_rb.begin()->second;
    vm_area_struct* next = area && area->vm_end == end ? vmaNext(area) : area;
    const MergeRequest request{vm_flags, anon_vma, file, pgoff, (end - addr) >> PAGE_SHIFT};
    const bool before = next && next->vm_start == end && canMergeBefore(next, request);
    if (prev && prev->vm_end == addr && canMergeAfter(prev, request))
        return mergeIntoPrevious(prev, area, next, end,
                                 before && anonMergeable(prev->anon_vma, next->anon_vma, nullptr));
    return before ? mergeIntoNext(prev, area, next, addr, pgoff) : nullptr;
}

int changeFlags(vm_area_struct** vma, vm_area_struct** prev, u64 start, u64 end, u64 newflags) {
    mm_struct* mm = (*vma)->vm_mm;
    *prev =
        vma_merge(mm, *prev, start, end, newflags, (*vma)->anon_vma, (*vma)->vm_file, linear_page_index(*vma, start));
    if (*prev) {
        *vma = *prev;
    } else {
        *prev = *vma;
        if (start != (*vma)->vm_start) TRY_INT(version().mm.split_vma(mm, *vma, start, 1));
        if (end != (*vma)->vm_end) TRY_INT(version().mm.split_vma(mm, *vma, end, 0));
    }
    const VmaRange before = rangeOf(*vma);
    (*vma)->vm_flags = newflags;
    traceVmaChange(*vma, before);
    return 0;
}

}  // namespace kernel
