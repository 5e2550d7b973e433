// fs/exec.c setup_arg_pages: the temporary stack becomes the program's (spec: exec-semantics §4 step C).
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/version/mm.hpp"

namespace kernel {

constexpr u64 mmap_min_addr = 65536;        // sysctl vm.mmap_min_addr, as distributions set it
constexpr u64 STACK_EXPANSION = 131072;     // at least this much stack is there from the start, if the limit allows

constexpr u64 USER_PGTABLES_CEILING = u64{1} << 47;

// Stretches the VMA over both places, moves the pages, lets the old place go.
static TRACED(int, shift_arg_pages, (vm_area_struct*, vma), (u64, shift)) {
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

static u64 finalStackFlags(const mm_struct* mm, int executable_stack) {
    u64 flags = VM_STACK_FLAGS | (current->personality & READ_IMPLIES_EXEC ? VM_EXEC : 0);
    if (executable_stack == EXSTACK_ENABLE_X) flags |= VM_EXEC;
    if (executable_stack == EXSTACK_DISABLE_X) flags &= ~VM_EXEC;
    return flags | mm->def_flags | VM_STACK_INCOMPLETE_SETUP;
}

// Where the stack should begin: 128 KiB more, or as much as RLIMIT_STACK allows.
static u64 stackBase(const vm_area_struct* vma) {
    const u64 stack_size = vma->vm_end - vma->vm_start;
    const u64 rlim_stack = rlimit_cur(RLIMIT_STACK) & PAGE_MASK;
    if (stack_size + STACK_EXPANSION > rlim_stack) return vma->vm_end - rlim_stack;
    return vma->vm_start - STACK_EXPANSION;
}

TRACED(int, setup_arg_pages, (linux_binprm*, bprm), (u64, stack_top), (int, executable_stack)) {
    mm_struct* mm = current->mm;
    vm_area_struct* vma = bprm->vma;
    stack_top = PAGE_ALIGN(arch_align_stack(stack_top));
    const bool room = stack_top >= mmap_min_addr && vma->vm_end - vma->vm_start < stack_top - mmap_min_addr;
    if (!check("stack lies above mmap_min_addr", room, stack_top)) return -ENOMEM;

    Local<u64> stack_shift("stack_shift");
    stack_shift = vma->vm_end - stack_top;
    bprm->p -= stack_shift;
    mm->arg_start = bprm->p;
    bprm->exec -= stack_shift;

    vm_area_struct* prev = nullptr;
    TRY_INT(version().mm.mprotect_fixup(vma, &prev, vma->vm_start, vma->vm_end, finalStackFlags(mm, executable_stack)));
    if (stack_shift) TRY_INT(shift_arg_pages(vma, stack_shift));
    vma->vm_flags &= ~VM_STACK_INCOMPLETE_SETUP;
    Local<u64> stack_base("stack_base");
    stack_base = stackBase(vma);
    mm->start_stack = bprm->p;
    return version().mm.expand_stack(vma, stack_base) ? -EFAULT : 0;
}

}  // namespace kernel
