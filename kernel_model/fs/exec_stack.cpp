// fs/exec.c setup_arg_pages: what its versions are made of (spec: exec-semantics §4 step C).
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"

namespace kernel {

constexpr u64 mmap_min_addr = 65536;        // sysctl vm.mmap_min_addr, as distributions set it
constexpr u64 STACK_EXPANSION = 131072;     // at least this much stack is there from the start, if the limit allows
constexpr u64 USER_PGTABLES_CEILING = u64{1} << 47;

int shiftStack(vm_area_struct* vma, u64 shift) {
    mm_struct* mm = vma->vm_mm;
    const u64 old_start = vma->vm_start, old_end = vma->vm_end, length = old_end - old_start;
    const u64 new_start = old_start - shift, new_end = old_end - shift;
    BUG_ON(new_start > new_end);
    if (!check("no VMA in the way", find_vma(mm, new_start) == vma, new_start)) return -EFAULT;
    TRY_INT(vma_adjust(vma, new_start, old_end, vma->vm_pgoff));
    if (move_page_tables(vma, old_start, vma, new_start, length) != length) return -ENOMEM;
    freePageTables(mm, new_end, USER_PGTABLES_CEILING);
    return vma_adjust(vma, new_start, new_end, vma->vm_pgoff);
}

u64 finalStackFlags(const mm_struct* mm, int executable_stack) {
    u64 flags = stackFlags();
    if (executable_stack == EXSTACK_ENABLE_X) flags |= VM_EXEC;
    if (executable_stack == EXSTACK_DISABLE_X) flags &= ~VM_EXEC;
    return flags | mm->def_flags | VM_STACK_INCOMPLETE_SETUP;
}

u64 stackBase(const vm_area_struct* vma, u64 limit) {
    const u64 stack_size = vma->vm_end - vma->vm_start;
    const u64 rlim_stack = limit & PAGE_MASK;
    if (stack_size + STACK_EXPANSION > rlim_stack) return vma->vm_end - rlim_stack;
    return vma->vm_start - STACK_EXPANSION;
}

Result<u64> stackShift(const linux_binprm* bprm, u64 stack_top) {
    const vm_area_struct* vma = bprm->vma;
    stack_top = PAGE_ALIGN(arch_align_stack(stack_top));
    const bool room = stack_top >= mmap_min_addr && vma->vm_end - vma->vm_start < stack_top - mmap_min_addr;
    if (!check("stack lies above mmap_min_addr", room, stack_top)) return Failure{-ENOMEM};
    return vma->vm_end - stack_top;
}

}  // namespace kernel
