// Linux v6.1 kernel/fork.c and mm/rmap.c, the functions of address spaces.
#include "kernel_model/versions/v6_1/mm.hpp"

namespace kernel::v6_1 {
namespace {

TRACED(void, dup_mm_exe_file, (mm_struct*, mm), (mm_struct*, oldmm)) {
    mm->exe_file = oldmm->exe_file ? get_file(oldmm->exe_file) : nullptr;
    if (mm->exe_file) deny_write_access(mm->exe_file);      // cannot fail: the parent denies writers, too
}

TRACED(int, __anon_vma_prepare, (vm_area_struct*, vma)) {
    anon_vma_prepare(vma);
    return 0;
}

int duplicate(mm_struct* mm, vm_area_struct* original) {
    if (original->vm_flags & VM_ACCOUNT) TRY_INT(security_vm_enough_memory_mm(vma_pages(original)));
    vm_area_struct* vma = vm_area_dup(original);
    if (!vma) return -ENOMEM;
    vma->vm_mm = mm;
    if (original->vm_flags & VM_WIPEONFORK) vma->anon_vma = vma->anon_vma_chain = 0;  // begins with no pages
    else if (const int error = v6_1::anon_vma_fork(vma, original); error < 0) {
        dropCopyOfVma(vma);
        return error;
    }
    vma->vm_flags &= ~VM_LOCKED;
    linkVma(mm, vma);
    return original->vm_flags & VM_WIPEONFORK ? 0 : copy_page_range(vma, original);
}

}  // namespace

TRACED(int, set_mm_exe_file, (mm_struct*, mm), (struct file*, new_exe_file)) {
    if (new_exe_file && deny_write_access(new_exe_file) < 0) return -EACCES;
    replaceExeFile(mm, new_exe_file ? get_file(new_exe_file) : nullptr);
    return 0;
}

int anonVmaPrepare(vm_area_struct* vma) { return vma->anon_vma ? 0 : __anon_vma_prepare(vma); }

TRACED(OrNull<vm_area_struct>, vm_area_dup, (const vm_area_struct*, orig)) { return copyOfVma(orig); }

TRACED(int, anon_vma_clone, (vm_area_struct*, dst), (vm_area_struct*, src)) {
    dst->anon_vma = src->anon_vma;
    dst->anon_vma_chain = src->anon_vma_chain;
    return 0;
}

TRACED(int, anon_vma_fork, (vm_area_struct*, vma), (vm_area_struct*, pvma)) {
    vma->anon_vma = 0;
    vma->anon_vma_chain = 0;
    if (!pvma->anon_vma) return 0;
    TRY_INT(anon_vma_clone(vma, pvma));
    vma->anon_vma = newAnonVma();
    vma->anon_vma_chain += 1;
    return 0;
}

static TRACED(int, dup_mmap, (mm_struct*, mm), (mm_struct*, oldmm)) {
    dup_mm_exe_file(mm, oldmm);
    mm->locked_vm = 0;
    mm->map_count = 0;
    int result = 0;
    for (const auto& [start, original] : oldmm->mm_rb) {
        if (original->vm_flags & VM_DONTCOPY) {
            vm_stat_account(mm, original->vm_flags, -static_cast<i64>(vma_pages(original)));
            continue;
        }
        if ((result = duplicate(mm, original)) != 0) break;
    }
    if (processor().cr3() == oldmm->pgd) processor().flushTlb();  // flush_tlb_mm: the parent lost write access
    return result;
}

int fillDuplicate(task_struct*, mm_struct* mm, mm_struct* oldmm) { return dup_mmap(mm, oldmm); }

TRACED(void, __mmput, (mm_struct*, mm)) {
    exit_mmap(mm);
    v6_1::set_mm_exe_file(mm, nullptr);
}
// __mmput ends in a jump to __mmdrop, which the capture therefore shows beside it.
void lastUser(mm_struct* mm) {
    __mmput(mm);
    mmdrop(mm);
}

}  // namespace kernel::v6_1
