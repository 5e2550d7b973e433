// Linux v3.10 arch/x86/kernel/process_64.c: what a new task and arch_prctl(2) do to the processor's state.
#include "kernel_model/arch/x86/kernel/process.hpp"
#include "kernel_model/versions/v3_10/process.hpp"

namespace kernel::v3_10 {

TRACED(long, do_arch_prctl, (task_struct*, task), (int, code), (u64, addr)) { return segmentBase(task, code, addr); }

TRACED(int, copy_thread, (u64, clone_flags), (u64, sp), (u64, arg), (task_struct*, p)) {
    if (p->flags & PF_KTHREAD) {
        copyKernelThread(p, kernelFunctionAt(sp), current->kthread_argument);
        return 0;
    }
    copyUserThread(p, sp);
    if (clone_flags & CLONE_SETTLS) return static_cast<int>(do_arch_prctl(p, ARCH_SET_FS, current->regs.r8));
    return 0;
}

}  // namespace kernel::v3_10
