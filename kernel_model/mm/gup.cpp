// Linux mm/gup.c (v3.10: mm/memory.c): what a core dump reads.
#include "kernel_model/include/linux/coredump.hpp"
#include "kernel_model/mm/internal.hpp"

namespace kernel {

static page* gatePage(mm_struct* mm) {
    const u64* pte = pte_lookup(mm, VSYSCALL_PAGE);
    if (!pte || !pte_present(*pte)) return nullptr;
    page* found = pfn_to_page(cpu::frameOf(*pte));
    get_page(found);
    return found;
}

// FOLL_FORCE | FOLL_DUMP: anonymous memory that was never touched is not made for the dump.
TRACED(OrNull<page>, get_dump_page, (u64, addr)) {
    mm_struct* mm = current->mm;
    if ((addr & PAGE_MASK) == VSYSCALL_PAGE) return gatePage(mm);
    const vm_area_struct* vma = find_vma(mm, addr);
    if (!vma || addr < vma->vm_start || vma->vm_flags & VM_IO) return nullptr;
    const u64* pte = pte_lookup(mm, addr);
    if ((!pte || !*pte) && !vma->vm_file && !vma->vm_ops) return nullptr;
    const Result<page*> got = get_user_page(mm, addr, false);
    if (!got.ok()) {
        if (got.error() == -ENOMEM) send_sig(SIGKILL, current, 1);      // the OOM killer's choice: it ends the dump
        return nullptr;
    }
    if (got.value() != ZERO_PAGE()) return got.value();
    put_page(got.value());
    return nullptr;
}

u64 dumpHole(u64 address, u64 end) {
    mm_struct* mm = current->mm;
    const vm_area_struct* vma = find_vma(mm, address);
    if (!vma || end > TASK_SIZE) return 0;
    if (vma->vm_file && S_ISREG(vma->vm_file->f_inode->i_mode)) {       // behind the end of the file there is nothing
        const u64 pages = (static_cast<u64>(vma->vm_file->f_inode->i_size) + PAGE_SIZE - 1) >> PAGE_SHIFT;
        return linear_page_index(vma, address) >= pages ? std::min<u64>(end, vma->vm_end) - address : 0;
    }
    if (vma->vm_file || vma->vm_ops) return 0;
    for (unsigned level = 3; level > 0; --level) {
        const u64 span = u64{1} << (PAGE_SHIFT + 9 * level);
        if (!tableAt(mm, address, level)) return std::min(end, (address & ~(span - 1)) + span) - address;
    }
    return 0;
}

}  // namespace kernel
