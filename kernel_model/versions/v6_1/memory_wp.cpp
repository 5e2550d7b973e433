// Linux v6.1 mm/memory.c, second part: writing to a page that is mapped without the right to.
#include "kernel_model/versions/v6_1/mm.hpp"

namespace kernel::v6_1 {
namespace {

TRACED(void, wp_page_reuse, (vm_fault*, vmf)) {
    mm_struct* mm = vmf->vma->vm_mm;
    const u64 entry = maybe_mkwrite(vmf->orig_pte | cpu::PTE_ACCESSED | cpu::PTE_DIRTY, vmf->vma);
    set_pte_at(mm, vmf->address, pte_lookup(mm, vmf->address), entry);
}

TRACED(int, wp_page_shared, (vm_fault*, vmf)) {
    wp_page_reuse(vmf);
    vmf->page->flags |= PG_dirty;
    return VM_FAULT_WRITE;
}

TRACED(void, __wp_page_copy_user, (page*, dst), (page*, src), (vm_fault*, vmf)) { copyPage(dst, src); }

void forgetOld(mm_struct* mm, page* old) {
    if (!isAnon(old)) --mm->rss_file;
    page_remove_rmap(old);
    put_page(old);
}

// vmf->page: null for the zero page.
TRACED(int, wp_page_copy, (vm_fault*, vmf)) {
    vm_area_struct* vma = vmf->vma;
    mm_struct* mm = vma->vm_mm;
    page* old = vmf->page;
    anonVmaPrepare(vma);
    page* copy = old ? alloc_page() : newAnonPage();
    if (copy == nullptr) return VM_FAULT_OOM;
    if (old) __wp_page_copy_user(copy, old, vmf);
    page_add_new_anon_rmap(copy);
    copy->flags |= PG_anon_exclusive;
    if (old == nullptr || !isAnon(old)) ++mm->rss_anon;
    const u64 entry = pfn_pte(page_to_pfn(copy), vm_get_page_prot(vma->vm_flags));
    set_pte_at(mm, vmf->address, pte_lookup(mm, vmf->address), maybe_mkwrite(entry | cpu::PTE_DIRTY, vma));
    if (old) forgetOld(mm, old);
    return VM_FAULT_WRITE;
}

// An anonymous page is written to in place when nobody else can see it: it was marked so (PageAnonExclusive), or no
// reference but this mapping's is left.
bool mayReuse(page* p) {
    if (check("PageAnonExclusive", (p->flags & PG_anon_exclusive) != 0, p->flags)) return true;
    if (!check("page_count == 1", p->_count == 1, p->_count)) return false;
    p->flags |= PG_anon_exclusive;  // page_move_anon_rmap
    return true;
}

}  // namespace

TRACED(int, do_wp_page, (vm_fault*, vmf)) {
    const u64 shared_writable = VM_SHARED | VM_WRITE;
    vmf->page = vm_normal_page(vmf->orig_pte);
    if (vmf->page && isAnon(vmf->page)) {
        if (!mayReuse(vmf->page)) return wp_page_copy(vmf);
        wp_page_reuse(vmf);
        return VM_FAULT_WRITE;
    }
    if (vmf->page && (vmf->vma->vm_flags & shared_writable) == shared_writable) return wp_page_shared(vmf);
    return wp_page_copy(vmf);
}

}  // namespace kernel::v6_1
