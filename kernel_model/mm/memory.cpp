// Linux mm/memory.c, first part: page faults.
#include "kernel_model/mm/internal.hpp"

#include <cstring>

namespace kernel {

int expand_downwards(vm_area_struct*, u64 address);  // munmap.cpp

// What a VMA's fault handler is asked for and gives: the page of its file, with a reference.
struct vm_fault {
    pgoff_t pgoff;
    kernel::page* page = nullptr;
};
static traces::Value traceValue(const vm_fault* vmf) { return traces::Value::hex(vmf->pgoff); }

namespace {

void page_add_new_anon_rmap(page* p) {
    p->flags |= PG_anon | PG_uptodate;
    p->_mapcount = 1;
}

bool isAnon(const page* p) { return p->flags & PG_anon; }

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
    page* fresh = alloc_zeroed_page();
    if (fresh == nullptr) return VM_FAULT_OOM;
    tracePageFill(fresh, "zero", traces::Value::null());
    page_add_new_anon_rmap(fresh);
    ++mm->rss_anon;
    const u64 entry = pfn_pte(page_to_pfn(fresh), prot);
    set_pte_at(mm, address, page_table.entry,
               vma->vm_flags & VM_WRITE ? entry | cpu::PTE_DIRTY | cpu::PTE_WRITE : entry);
    return 0;
}

traces::Value fileOffset(const vm_area_struct* vma, pgoff_t pgoff) {
    return traces::Value::object()
        .with("file", traces::Value::text(vmaName(vma)))
        .with("offset", traces::Value::hex(pgoff << PAGE_SHIFT));
}

// mm/filemap.c: SIGBUS behind its end; a page that has to be read is a major fault.
TRACED(int, filemap_fault, (vm_area_struct*, vma), (vm_fault*, vmf)) {
    inode* host = vma->vm_file->f_inode;
    const u64 size = (static_cast<u64>(host->i_size.get()) + PAGE_SIZE - 1) >> PAGE_SHIFT;
    if (!check("page within i_size", vmf->pgoff < size, vmf->pgoff)) return VM_FAULT_SIGBUS;
    const bool cached = host->i_mapping.page_tree.contains(vmf->pgoff);
    const Result<page*> found = read_mapping_page(&host->i_mapping, vmf->pgoff);
    if (!found.ok()) return found.error() == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
    vmf->page = found.value();
    if (traces::tracer().on(traces::Kind::page_fill)) tracePageFill(vmf->page, "file", fileOffset(vma, vmf->pgoff));
    return cached ? 0 : VM_FAULT_MAJOR;
}

// mm/mmap.c.
TRACED(int, special_mapping_fault, (vm_area_struct*, vma), (vm_fault*, vmf)) {
    const u64 index = vmf->pgoff - vma->vm_pgoff;
    if (index >= vma->special_pages.size()) return VM_FAULT_SIGBUS;
    vmf->page = vma->special_pages[index];
    get_page(vmf->page);
    tracePageFill(vmf->page, "kernel", traces::Value::null());
    return 0;
}

TRACED(void, cow_user_page, (page*, dst), (page*, src), (u64, va), (vm_area_struct*, vma)) {
    std::memcpy(page_address(dst), page_address(src), PAGE_SIZE);
    tracePageFill(dst, "copy", traces::Value::hex(page_to_pfn(src)));
}

// A private copy of a page (of the zero page: a zeroed one), null when memory is exhausted.
page* privateCopy(page* source, u64 address, vm_area_struct* vma) {
    anon_vma_prepare(vma);
    page* copy = source ? alloc_page() : alloc_zeroed_page();
    if (copy == nullptr) return nullptr;
    if (source) cow_user_page(copy, source, address, vma);
    else tracePageFill(copy, "zero", traces::Value::null());
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
        ++mapped->_mapcount;
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
        --old->_mapcount;
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

// __get_user_pages for one page, with FOLL_FORCE towards VM_MAYREAD and VM_MAYWRITE.
Result<page*> get_user_page(mm_struct* mm, u64 address, bool write) {
    vm_area_struct* vma = find_extend_vma(mm, address);
    if (vma == nullptr) return Failure{-EFAULT};
    if (!(vma->vm_flags & (write ? VM_WRITE | VM_MAYWRITE : VM_READ | VM_MAYREAD))) return Failure{-EFAULT};
    for (int tries = 0; tries < 4; ++tries) {
        const u64* pte = pte_lookup(mm, address);
        if (pte && pte_present(*pte) && (!write || pte_write(*pte) || (tries > 0 && !(vma->vm_flags & VM_WRITE)))) {
            page* found = pfn_to_page(cpu::frameOf(*pte));
            get_page(found);
            return found;
        }
        const int fault = handle_mm_fault(mm, vma, address, write ? FAULT_FLAG_WRITE : 0);
        if (fault & VM_FAULT_OOM) return Failure{-ENOMEM};
        if (fault & VM_FAULT_ERROR) return Failure{-EFAULT};
        if (fault & VM_FAULT_MAJOR) current->maj_flt += 1;
        else current->min_flt += 1;
    }
    return Failure{-EFAULT};
}

void mm_populate(mm_struct* mm, u64 address, u64 length) {
    for (u64 at = address; at < address + length; at += PAGE_SIZE) {
        const vm_area_struct* vma = find_vma(mm, at);
        if (vma == nullptr || vma->vm_start > at || !(vma->vm_flags & VM_ACCESS)) return;
        const Result<page*> got = get_user_page(mm, at, (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE);
        if (!got.ok()) return;
        put_page(got.value());
    }
}

}  // namespace kernel
