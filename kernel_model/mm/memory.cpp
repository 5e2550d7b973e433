// Linux mm/memory.c, mm/gup.c: what the page faults of all versions are made of.
#include "kernel_model/arch/x86/mm/pkeys.hpp"
#include "kernel_model/mm/internal.hpp"

#include <cstring>

namespace kernel {

u64 vm_get_page_prot(u64 vm_flags) {
    const u64 key = (vm_flags & VM_PKEY) >> VM_PKEY_SHIFT << cpu::PTE_KEY_SHIFT;
    if (!(vm_flags & VM_ACCESS)) return PTE_PROTNONE | cpu::PTE_ACCESSED | key;
    u64 prot = cpu::PTE_PRESENT | cpu::PTE_USER | cpu::PTE_ACCESSED | key;
    if ((vm_flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED)) prot |= cpu::PTE_WRITE;
    return vm_flags & VM_EXEC ? prot : prot | cpu::PTE_NX;
}

void page_add_new_anon_rmap(page* p) {
    p->flags |= PG_anon | PG_uptodate;
    page_add_rmap(p);
}

page* newAnonPage() {
    page* fresh = alloc_zeroed_page();
    if (fresh) tracePageFill(fresh, "zero", traces::Value::null());
    return fresh;
}

void copyPage(page* to, const page* from) {
    std::memcpy(page_address(to), page_address(from), PAGE_SIZE);
    tracePageFill(to, "copy", traces::Value::hex(page_to_pfn(from)));
}

FileFault faultInFilePage(const vm_area_struct* vma, pgoff_t pgoff) {
    inode* host = vma->vm_file->f_inode;
    const u64 size = (static_cast<u64>(host->i_size.get()) + PAGE_SIZE - 1) >> PAGE_SHIFT;
    if (!check("page within i_size", pgoff < size, pgoff)) return {VM_FAULT_SIGBUS, nullptr};
    const bool cached = host->i_mapping.page_tree.contains(pgoff);
    const Result<page*> found = read_mapping_page(&host->i_mapping, pgoff);
    if (!found.ok()) return {found.error() == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS, nullptr};
    if (traces::tracer().on(traces::Kind::page_fill))
        tracePageFill(found.value(), "file",
                      traces::Value::object()
                          .with("file", traces::Value::text(vmaName(vma)))
                          .with("offset", traces::Value::hex(pgoff << PAGE_SHIFT)));
    return {cached ? 0 : VM_FAULT_MAJOR, found.value()};
}

FileFault faultInSpecialPage(const vm_area_struct* vma, pgoff_t pgoff) {
    const u64 index = pgoff - vma->vm_pgoff;
    if (index >= vma->special_pages.size()) return {VM_FAULT_SIGBUS, nullptr};
    page* mapped = vma->special_pages[index];
    get_page(mapped);
    tracePageFill(mapped, "kernel", traces::Value::null());
    return {0, mapped};
}

// __get_user_pages for one page, with FOLL_FORCE towards VM_MAYREAD and VM_MAYWRITE.
Result<page*> get_user_page(mm_struct* mm, u64 address, bool write) {
    vm_area_struct* vma = version().mm.find_extend_vma(mm, address);
    if (vma == nullptr) return Failure{-EFAULT};
    if (!(vma->vm_flags & (write ? VM_WRITE | VM_MAYWRITE : VM_READ | VM_MAYREAD))) return Failure{-EFAULT};
    for (int tries = 0; tries < 4; ++tries) {
        const u64* pte = pte_lookup(mm, address);
        if (pte && pte_present(*pte) && (!write || pte_write(*pte) || (tries > 0 && !(vma->vm_flags & VM_WRITE)))) {
            page* found = pfn_to_page(cpu::frameOf(*pte));
            get_page(found);
            return found;
        }
        const int fault = version().mm.faultIn(mm, vma, address, write ? FAULT_FLAG_WRITE : 0);
        if (fault & VM_FAULT_OOM) return Failure{-ENOMEM};
        if (fault & VM_FAULT_ERROR) return Failure{-EFAULT};
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
