// fs/exec.c as v6.1 has it: the new address space, the strings, the stack.
#include "kernel_model/versions/v6_1/mm.hpp"
#include "kernel_model/versions/v6_1/exec.hpp"

namespace kernel::v6_1 {

static TRACED(int, __bprm_mm_init, (linux_binprm*, bprm)) {
    vm_area_struct* vma = vm_area_alloc(bprm->mm);
    return vma ? createStackVma(bprm, vma) : -ENOMEM;
}

// The limit on the stack is taken once: another thread may change it while exec runs.
TRACED(int, bprm_mm_init, (linux_binprm*, bprm)) {
    mm_struct* mm = mm_alloc();
    if (!mm) return -ENOMEM;
    bprm->mm = mm;
    bprm->rlim_stack = current->signal->rlim[RLIMIT_STACK];
    const int error = __bprm_mm_init(bprm);
    if (error < 0) {
        bprm->mm = nullptr;
        mmdrop(mm);
    }
    return error;
}

// A page of the new stack, which grows by hand first.
TRACED(Result<page*>, get_arg_page, (linux_binprm*, bprm), (u64, pos), (bool, write)) {
    if (write && pos < bprm->vma->vm_start && expand_downwards(bprm->vma, pos) < 0) return Failure{-E2BIG};
    page* page = TRY(get_user_pages_remote(bprm->mm, pos, write));
    if (write) acct_arg_size(bprm, (bprm->vma->vm_end - bprm->vma->vm_start) / PAGE_SIZE);
    return page;
}

TRACED(int, copy_strings, (int, argc), (user_arg_ptr, argv), (linux_binprm*, bprm)) { return pushStrings(bprm, argc, argv); }

TRACED(int, copy_string_kernel, (const std::string&, arg), (linux_binprm*, bprm)) { return pushKernelString(bprm, arg); }

TRACED(int, copy_strings_kernel, (int, argc), (const KernelStrings&, argv), (linux_binprm*, bprm)) {
    while (argc-- > 0) TRY_INT(copy_string_kernel(argv[static_cast<std::size_t>(argc)], bprm));
    return 0;
}

static TRACED(int, shift_arg_pages, (vm_area_struct*, vma), (u64, shift)) { return shiftStack(vma, shift); }

TRACED(int, setup_arg_pages, (linux_binprm*, bprm), (u64, stack_top), (int, executable_stack)) {
    mm_struct* mm = current->mm;
    vm_area_struct* vma = bprm->vma;
    Local<u64> stack_shift("stack_shift");
    stack_shift = TRY(stackShift(bprm, stack_top));
    bprm->p -= stack_shift;
    mm->arg_start = bprm->p;
    bprm->exec -= stack_shift;

    vm_area_struct* prev = nullptr;
    TRY_INT(mprotect_fixup(vma, &prev, vma->vm_start, vma->vm_end, finalStackFlags(mm, executable_stack)));
    if (stack_shift) TRY_INT(shift_arg_pages(vma, stack_shift));
    vma->vm_flags &= ~VM_STACK_INCOMPLETE_SETUP;
    Local<u64> stack_base("stack_base");
    stack_base = stackBase(vma, bprm->rlim_stack.rlim_cur);
    mm->start_stack = bprm->p;
    return expand_stack_locked(vma, stack_base) ? -EFAULT : 0;
}

}  // namespace kernel::v6_1
