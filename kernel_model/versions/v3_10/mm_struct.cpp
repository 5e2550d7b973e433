// Linux v3.10 kernel/fork.c, the functions of address spaces.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"

namespace kernel::v3_10 {
namespace {

vm_area_struct* duplicateVma(mm_struct* mm, vm_area_struct* original) {
    vm_area_struct* vma = copyOfVma(original);
    vma->vm_mm = mm;
    vma->vm_flags &= ~VM_LOCKED;
    anon_vma_fork(vma, original);
    return vma;
}

TRACED(void, dup_mm_exe_file, (mm_struct*, oldmm), (mm_struct*, newmm)) {
    newmm->exe_file = oldmm->exe_file ? get_file(oldmm->exe_file) : nullptr;
}

}  // namespace

static TRACED(int, dup_mmap, (mm_struct*, mm), (mm_struct*, oldmm)) {
    mm->locked_vm = 0;
    mm->free_area_cache = oldmm->mmap_base;
    mm->map_count = 0;
    int result = 0;
    for (const auto& [start, original] : oldmm->mm_rb) {
        if (original->vm_flags & VM_DONTCOPY) {
            vm_stat_account(mm, original->vm_flags, original->vm_file, -static_cast<i64>(vma_pages(original)));
            continue;
        }
        if (original->vm_flags & VM_ACCOUNT) result = security_vm_enough_memory_mm(vma_pages(original));
        if (result == 0) {
            vma_link(mm, duplicateVma(mm, original));
            result = copy_page_range(mm, oldmm, original);
        }
        if (result != 0) break;
    }
    if (processor().cr3() == oldmm->pgd) processor().flushTlb();  // flush_tlb_mm: the parent lost write access
    return result;
}

int fillDuplicate(task_struct* tsk, mm_struct* mm, mm_struct* oldmm) {
    TRY_INT(init_new_context(tsk, mm));
    dup_mm_exe_file(oldmm, mm);
    return dup_mmap(mm, oldmm);
}

void lastUser(mm_struct* mm) {
    exit_mmap(mm);
    set_mm_exe_file(mm, nullptr);
    mmdrop(mm);
}

}  // namespace kernel::v3_10
