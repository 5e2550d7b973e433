// Linux v6.1 mm/memory.c, first part: page faults.
#include "kernel_model/versions/v6_1/mm.hpp"

namespace kernel::v6_1 {

traces::Value traceValue(const vm_fault* vmf) {
    return traces::Value::object()
        .with("address", traces::Value::hex(vmf->address))
        .with("pgoff", traces::Value::hex(vmf->pgoff))
        .with("flags", traces::Value::hex(vmf->flags));
}

namespace {

constexpr u64 FAULT_AROUND_PAGES = 16, PTRS_PER_PTE = 512;

bool isWrite(const vm_fault* vmf) { return vmf->flags & FAULT_FLAG_WRITE; }
bool isPrivate(const vm_fault* vmf) { return !(vmf->vma->vm_flags & VM_SHARED); }

// One level of page tables, made when it is missing. Which function of Linux does it.
TRACED(int, __pud_alloc, (mm_struct*, mm), (u64, address)) { return allocLevel(mm, address, 3); }
TRACED(int, __pmd_alloc, (mm_struct*, mm), (u64, address)) { return allocLevel(mm, address, 2); }
TRACED(int, __pte_alloc, (mm_struct*, mm), (u64, address)) { return allocLevel(mm, address, 1); }

int upperTables(mm_struct* mm, u64 address) {
    if (!tableAt(mm, address, 3)) TRY_INT(__pud_alloc(mm, address));
    if (!tableAt(mm, address, 2)) TRY_INT(__pmd_alloc(mm, address));
    return 0;
}
int lowestTable(mm_struct* mm, u64 address) { return tableAt(mm, address, 1) ? 0 : __pte_alloc(mm, address); }

TRACED(int, do_anonymous_page, (vm_fault*, vmf)) {
    vm_area_struct* vma = vmf->vma;
    mm_struct* mm = vma->vm_mm;
    if (lowestTable(mm, vmf->address) != 0) return VM_FAULT_OOM;
    u64* slot = pte_lookup(mm, vmf->address);
    const u64 prot = vm_get_page_prot(vma->vm_flags);
    if (!isWrite(vmf)) {
        set_pte_at(mm, vmf->address, slot, pfn_pte(page_to_pfn(ZERO_PAGE()), prot | PTE_SPECIAL));
        return 0;
    }
    anonVmaPrepare(vma);
    page* fresh = newAnonPage();
    if (fresh == nullptr) return VM_FAULT_OOM;
    page_add_new_anon_rmap(fresh);
    fresh->flags |= PG_anon_exclusive;
    ++mm->rss_anon;
    const u64 entry = pfn_pte(page_to_pfn(fresh), prot);
    set_pte_at(mm, vmf->address, slot, vma->vm_flags & VM_WRITE ? entry | cpu::PTE_DIRTY | cpu::PTE_WRITE : entry);
    return 0;
}

TRACED(int, __do_fault, (vm_fault*, vmf)) { return do_fault_of(vmf); }

// Enters the page, the private copy when there is one. The reference goes into the entry.
TRACED(int, finish_fault, (vm_fault*, vmf)) {
    if (lowestTable(vmf->vma->vm_mm, vmf->address) != 0) return VM_FAULT_OOM;
    do_set_pte(vmf, vmf->cow_page ? vmf->cow_page : vmf->page, vmf->address);
    return 0;
}

// The pages around a read fault that are in the page cache already: 64 KiB, aligned, within the VMA and one table.
TRACED(int, do_fault_around, (vm_fault*, vmf)) {
    const vm_area_struct* vma = vmf->vma;
    const u64 window = vmf->address & ~(FAULT_AROUND_PAGES * PAGE_SIZE - 1);
    const u64 address = std::max(window, vma->vm_start.get());
    const pgoff_t start = vmf->pgoff - ((vmf->address - address) >> PAGE_SHIFT);
    const pgoff_t table_end = start + PTRS_PER_PTE - 1 - ((address >> PAGE_SHIFT) & (PTRS_PER_PTE - 1));
    const pgoff_t end = std::min({table_end, vma->vm_pgoff + vma_pages(vma) - 1, start + FAULT_AROUND_PAGES - 1});
    if (lowestTable(vma->vm_mm, vmf->address) != 0) return VM_FAULT_OOM;
    return filemap_map_pages(vmf, start, end);
}

TRACED(int, do_read_fault, (vm_fault*, vmf)) {
    if (vmf->vma->vm_file)  // vm_ops->map_pages
        if (const int around = do_fault_around(vmf)) return around;
    const int result = __do_fault(vmf);
    if (result & VM_FAULT_ERROR) return result;
    return result | finish_fault(vmf);
}

TRACED(int, do_cow_fault, (vm_fault*, vmf)) {
    anonVmaPrepare(vmf->vma);
    page* copy = alloc_page();
    if (copy == nullptr) return VM_FAULT_OOM;
    const int result = __do_fault(vmf);
    if (result & VM_FAULT_ERROR) {
        put_page(copy);
        return result;
    }
    copyPage(copy, vmf->page);
    put_page(vmf->page);
    vmf->cow_page = copy;
    const int finished = finish_fault(vmf);
    if (finished & VM_FAULT_ERROR) put_page(copy);
    return result | finished;
}

TRACED(int, do_shared_fault, (vm_fault*, vmf)) {
    const int result = __do_fault(vmf);
    if (result & VM_FAULT_ERROR) return result;
    const int finished = finish_fault(vmf);
    if (!(finished & VM_FAULT_ERROR)) vmf->page->flags |= PG_dirty;
    return result | finished;
}

TRACED(int, do_fault, (vm_fault*, vmf)) {
    if (!isWrite(vmf)) return do_read_fault(vmf);
    return isPrivate(vmf) ? do_cow_fault(vmf) : do_shared_fault(vmf);
}

TRACED(int, handle_pte_fault, (vm_fault*, vmf)) {
    const vm_area_struct* vma = vmf->vma;
    u64* slot = pte_lookup(vma->vm_mm, vmf->address);
    if (slot == nullptr || *slot == 0) return vma->vm_file || vma->vm_ops ? do_fault(vmf) : do_anonymous_page(vmf);
    vmf->orig_pte = *slot;
    if (isWrite(vmf) && !pte_write(*slot)) return do_wp_page(vmf);
    // Nothing to do but to forget what the TLB remembers (spurious fault).
    set_pte_at(vma->vm_mm, vmf->address, slot, *slot | cpu::PTE_ACCESSED | (isWrite(vmf) ? cpu::PTE_DIRTY : 0));
    return 0;
}

TRACED(int, __handle_mm_fault, (vm_area_struct*, vma), (u64, address), (u32, flags)) {
    vm_fault vmf{vma, address & PAGE_MASK, linear_page_index(vma, address & PAGE_MASK), flags};
    if (upperTables(vma->vm_mm, address) != 0) return VM_FAULT_OOM;
    return handle_pte_fault(&vmf);
}

TRACED(void, mm_account_fault, (int, result)) {
    if (result & VM_FAULT_ERROR) return;
    if (result & VM_FAULT_MAJOR) current->maj_flt += 1;
    else current->min_flt += 1;
}

}  // namespace

u64* pteAlloc(mm_struct* mm, u64 address) {
    if (upperTables(mm, address) != 0 || lowestTable(mm, address) != 0) return nullptr;
    return pte_lookup(mm, address);
}

TRACED(void, do_set_pte, (vm_fault*, vmf), (page*, page), (u64, addr)) {
    const vm_area_struct* vma = vmf->vma;
    mm_struct* mm = vma->vm_mm;
    u64 entry = pfn_pte(page_to_pfn(page), vm_get_page_prot(vma->vm_flags));
    if (isWrite(vmf)) entry = maybe_mkwrite(entry | cpu::PTE_DIRTY, vma);
    if (isWrite(vmf) && isPrivate(vmf)) {
        page_add_new_anon_rmap(page);
        page->flags |= PG_anon_exclusive;
        ++mm->rss_anon;
    } else {
        page_add_rmap(page);
        ++mm->rss_file;
    }
    set_pte_at(mm, addr, pte_lookup(mm, addr), entry);
}

TRACED(int, handle_mm_fault, (vm_area_struct*, vma), (u64, address), (u32, flags)) {
    const int result = __handle_mm_fault(vma, address, flags);
    mm_account_fault(result);
    return result;
}

int faultIn(mm_struct*, vm_area_struct* vma, u64 address, u32 flags) { return handle_mm_fault(vma, address, flags); }

TRACED(Result<page*>, get_user_pages_remote, (mm_struct*, mm), (u64, start), (bool, write)) {
    return get_user_page(mm, start, write);
}

}  // namespace kernel::v6_1
