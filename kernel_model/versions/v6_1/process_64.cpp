// Linux 6.1 arch/x86/kernel/process.c, process_64.c, fpu/core.c: what a new task and arch_prctl(2) do to the processor's state.
#include "kernel_model/arch/x86/kernel/process.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/versions/v6_1/process.hpp"

namespace kernel::v6_1 {

constexpr int ARCH_GET_CPUID = 0x1011, ARCH_SET_CPUID = 0x1012;

TRACED(long, do_arch_prctl_64, (task_struct*, task), (int, option), (u64, arg2)) {
    if (option == ARCH_GET_CPUID) return 1;
    if (option == ARCH_SET_CPUID) return -ENODEV;       // no CPUID faulting in the modelled processor
    return segmentBase(task, option, arg2);
}

static TRACED(void, current_save_fsgs) {}       // bases and selectors are in the processor's registers
static TRACED(void, save_fpregs_to_fpstate) {}
static TRACED(int, fpu_clone, (task_struct*, dst), (u64, clone_flags), (bool, minimal)) {
    if (!minimal) save_fpregs_to_fpstate();
    return 0;
}
static TRACED(int, set_new_tls, (task_struct*, p), (u64, tls)) {
    return static_cast<int>(do_arch_prctl_64(p, ARCH_SET_FS, tls));
}

TRACED(int, copy_thread, (task_struct*, p), (kernel_clone_args*, args)) {
    const bool kernel_function = static_cast<bool>(args->fn);
    current_save_fsgs();
    fpu_clone(p, args->flags, kernel_function);
    if (kernel_function) {
        copyKernelThread(p, args->fn, args->fn_arg);
        return 0;
    }
    copyUserThread(p, args->stack);
    return args->flags & CLONE_SETTLS ? set_new_tls(p, args->tls) : 0;
}

}  // namespace kernel::v6_1
