// Linux mm/rmap.c: which VMAs share private pages. Only the identity is kept; it decides which VMAs may merge.
#include "kernel_model/mm/internal.hpp"

namespace kernel {
namespace {

u32 last_anon_vma = 0;

bool compatible(const vm_area_struct* low, const vm_area_struct* high) {
    return low->vm_end == high->vm_start && ((low->vm_flags ^ high->vm_flags) & ~(VM_ACCESS)) == 0 &&
           low->vm_file == high->vm_file && high->vm_pgoff == low->vm_pgoff + vma_pages(low);
}

// find_mergeable_anon_vma: a neighbour's, so that the two can merge later.
u32 mergeableAnonVma(const vm_area_struct* vma) {
    if (const vm_area_struct* next = vmaNext(vma);
        next && next->anon_vma && next->anon_vma_chain == 1 && compatible(vma, next))
        return next->anon_vma;
    if (const vm_area_struct* prev = vmaPrevious(vma);
        prev && prev->anon_vma && prev->anon_vma_chain == 1 && compatible(prev, vma))
        return prev->anon_vma;
    return 0;
}

}  // namespace

void page_add_rmap(page* p) {
    ++p->_mapcount;
    if (traces::tracer().on(traces::Kind::set)) [[unlikely]]
        tracePageCount(p, "_mapcount", p->_mapcount - 1, p->_mapcount);
}

void page_remove_rmap(page* p) {
    --p->_mapcount;
    if (traces::tracer().on(traces::Kind::set)) [[unlikely]]
        tracePageCount(p, "_mapcount", p->_mapcount + 1, p->_mapcount);
}

u32 newAnonVma() { return ++last_anon_vma; }

void anon_vma_prepare(vm_area_struct* vma) {
    if (vma->anon_vma) return;
    const u32 shared = mergeableAnonVma(vma);
    vma->anon_vma = shared ? shared : ++last_anon_vma;
    vma->anon_vma_chain = 1;
}

TRACED(int, anon_vma_fork, (vm_area_struct*, vma), (vm_area_struct*, pvma)) {
    vma->anon_vma = 0;
    vma->anon_vma_chain = 0;
    if (!pvma->anon_vma) return 0;
    vma->anon_vma = ++last_anon_vma;
    vma->anon_vma_chain = pvma->anon_vma_chain + 1;
    return 0;
}

}  // namespace kernel
