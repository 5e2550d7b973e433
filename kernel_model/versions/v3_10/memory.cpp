// Linux v3.10 mm/memory.c, first part: page faults.
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"

namespace kernel::v3_10 {

// What a VMA's fault handler is asked for and gives: the page of its file, with a reference.
struct vm_fault {
    pgoff_t pgoff;
    kernel::page* page = nullptr;
};
static traces::Value traceValue(const vm_fault* vmf) { return traces::Value::hex(vmf->pgoff); }

namespace {

// v3.10: the lowest page of a growing stack is its guard; touching it moves the VMA down by one page. That this fails
// is noticed by the next fault only.
int check_stack_guard_page(vm_area_struct* vma, u64 address) {
    if (!(vma->vm_flags & VM_GROWSDOWN) || address != vma->vm_start) return 0;
    const vm_area_struct* prev = vmaPrevious(vma);
    if (prev && prev->vm_end == address) return prev->vm_flags & VM_GROWSDOWN ? 0 : -ENOMEM;
    expand_downwards(vma, address - PAGE_SIZE);
    return 0;
}

TRACED(int, do_anonymous_page, (mm_struct*, mm), (vm_area_struct*, vma), (u64, address), (PteSlot, page_table),
       (u32, flags)) {
    const u64 prot = vm_get_page_prot(vma->vm_flags);
    if (check_stack_guard_page(vma, address) < 0) return VM_FAULT_SIGBUS;
    if (!(flags & FAULT_FLAG_WRITE)) {
        set_pte_at(mm, address, page_table.entry, pfn_pte(page_to_pfn(ZERO_PAGE()), prot | PTE_SPECIAL));
        return 0;
    }
    anon_vma_prepare(vma);
    page* fresh = newAnonPage();
    if (fresh == nullptr) return VM_FAULT_OOM;
    page_add_new_anon_rmap(fresh);
    ++mm->rss_anon;
    const u64 entry = pfn_pte(page_to_pfn(fresh), prot);
    set_pte_at(mm, address, page_table.entry,
               vma->vm_flags & VM_WRITE ? entry | cpu::PTE_DIRTY | cpu::PTE_WRITE : entry);
    return 0;
}

// mm/filemap.c.
TRACED(int, filemap_fault, (vm_area_struct*, vma), (vm_fault*, vmf)) {
    const FileFault fault = faultInFilePage(vma, vmf->pgoff);
    vmf->page = fault.mapped;
    return fault.result;
}

// mm/mmap.c.
TRACED(int, special_mapping_fault, (vm_area_struct*, vma), (vm_fault*, vmf)) {
    const FileFault fault = faultInSpecialPage(vma, vmf->pgoff);
    vmf->page = fault.mapped;
    return fault.result;
}

TRACED(void, cow_user_page, (page*, dst), (page*, src), (u64, va), (vm_area_struct*, vma)) { copyPage(dst, src); }

// A private copy of a page (of the zero page: a zeroed one), null when memory is exhausted.
page* privateCopy(page* source, u64 address, vm_area_struct* vma) {
    anon_vma_prepare(vma);
    page* copy = source ? alloc_page() : newAnonPage();
    if (copy == nullptr) return nullptr;
    if (source) cow_user_page(copy, source, address, vma);
    page_add_new_anon_rmap(copy);
    return copy;
}

TRACED(int, __do_fault, (mm_struct*, mm), (vm_area_struct*, vma), (u64, address), (PteSlot, page_table),
       (pgoff_t, pgoff), (u32, flags)) {
    vm_fault vmf{pgoff};
    const int result = vma->vm_file ? filemap_fault(vma, &vmf) : special_mapping_fault(vma, &vmf);
    if (result & VM_FAULT_ERROR) return result;
    page* mapped = vmf.page;
    if (flags & FAULT_FLAG_WRITE && !(vma->vm_flags & VM_SHARED)) {
        page* copy = privateCopy(mapped, address, vma);
        put_page(mapped);
        if (copy == nullptr) return VM_FAULT_OOM;
        mapped = copy;
    } else {
        page_add_rmap(mapped);
        if (flags & FAULT_FLAG_WRITE) mapped->flags |= PG_dirty;
    }
    ++(isAnon(mapped) ? mm->rss_anon : mm->rss_file);
    u64 entry = pfn_pte(page_to_pfn(mapped), vm_get_page_prot(vma->vm_flags));
    if (flags & FAULT_FLAG_WRITE) entry = maybe_mkwrite(entry | cpu::PTE_DIRTY, vma);
    set_pte_at(mm, address, page_table.entry, entry);
    return result;
}

TRACED(int, do_linear_fault, (mm_struct*, mm), (vm_area_struct*, vma), (u64, address), (PteSlot, page_table),
       (u32, flags)) {
    return __do_fault(mm, vma, address, page_table, linear_page_index(vma, address), flags);
}

// mm/swapfile.c: may a write go to this anonymous page without a copy?
TRACED(int, reuse_swap_page, (page*, p)) { return check("page_mapcount <= 1", p->_mapcount <= 1, p->_mapcount); }

TRACED(int, do_wp_page, (mm_struct*, mm), (vm_area_struct*, vma), (u64, address), (PteSlot, page_table),
       (u64, orig_pte)) {
    page* old = vm_normal_page(orig_pte);
    const bool shared = (vma->vm_flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED);
    if (old && (isAnon(old) ? reuse_swap_page(old) != 0 : shared)) {
        if (!isAnon(old)) old->flags |= PG_dirty;
        set_pte_at(mm, address, page_table.entry, maybe_mkwrite(orig_pte | cpu::PTE_ACCESSED | cpu::PTE_DIRTY, vma));
        return 0;
    }
    page* copy = privateCopy(old, address, vma);
    if (copy == nullptr) return VM_FAULT_OOM;
    if (old && !isAnon(old)) --mm->rss_file;
    if (old == nullptr || !isAnon(old)) ++mm->rss_anon;
    const u64 entry = pfn_pte(page_to_pfn(copy), vm_get_page_prot(vma->vm_flags));
    set_pte_at(mm, address, page_table.entry, maybe_mkwrite(entry | cpu::PTE_DIRTY, vma));
    if (old) {
        page_remove_rmap(old);
        put_page(old);
    }
    return 0;
}

TRACED(int, handle_pte_fault, (mm_struct*, mm), (vm_area_struct*, vma), (u64, address), (PteSlot, pte), (u32, flags)) {
    const u64 entry = *pte.entry;
    if (!pte_present(entry)) {
        if (vma->vm_file || vma->vm_ops) return do_linear_fault(mm, vma, address, pte, flags);
        return do_anonymous_page(mm, vma, address, pte, flags);
    }
    if (flags & FAULT_FLAG_WRITE && !pte_write(entry)) return do_wp_page(mm, vma, address, pte, entry);
    // Nothing to do but to forget what the TLB remembers (spurious fault).
    set_pte_at(mm, address, pte.entry, entry | cpu::PTE_ACCESSED | (flags & FAULT_FLAG_WRITE ? cpu::PTE_DIRTY : 0));
    return 0;
}

}  // namespace

TRACED(int, handle_mm_fault, (mm_struct*, mm), (vm_area_struct*, vma), (u64, address), (u32, flags)) {
    address &= PAGE_MASK;
    u64* pte = pte_alloc(mm, address);
    if (pte == nullptr) return VM_FAULT_OOM;
    return handle_pte_fault(mm, vma, address, PteSlot{pte}, flags);
}

int faultIn(mm_struct* mm, vm_area_struct* vma, u64 address, u32 flags) {
    const int fault = handle_mm_fault(mm, vma, address, flags);
    if (fault & VM_FAULT_ERROR) return fault;
    if (fault & VM_FAULT_MAJOR) current->maj_flt += 1;
    else current->min_flt += 1;
    return fault;
}

}  // namespace kernel::v3_10
