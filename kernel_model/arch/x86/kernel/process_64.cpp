// Linux arch/x86/kernel/process.c, process_64.c: what a new task and arch_prctl(2) do to the processor's state. While a task
// is in the kernel its FPU, segments and bases stay in the processor; thread.user has them when it does not run.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/kernel/exit.hpp"

namespace kernel {

constexpr int ARCH_SET_GS = 0x1001, ARCH_SET_FS = 0x1002, ARCH_GET_FS = 0x1003, ARCH_GET_GS = 0x1004;

// arch_prctl(2). EPERM: the address is outside the user's address space.
TRACED(long, do_arch_prctl, (task_struct*, task), (int, code), (u64, addr)) {
    cpu::Registers& user = task == current ? processor().registers() : task->thread.user;
    const bool fs = code == ARCH_SET_FS || code == ARCH_GET_FS;
    u64& base = fs ? user.fs_base : user.gs_base;
    if (code == ARCH_GET_FS || code == ARCH_GET_GS) return put_user(base, UserPtr<u64>{addr});
    if (code != ARCH_SET_FS && code != ARCH_SET_GS) return -EINVAL;
    if (addr >= TASK_SIZE) return -EPERM;
    const u64 before = base;
    base = addr;
    (fs ? user.fs : user.gs) = 0;
    if (traces::tracer().on(traces::Kind::set) && before != addr)
        traces::fieldChanged(&task->thread, fs ? "thread.fs" : "thread.gs", traces::Value::hex(before), traces::Value::hex(addr));
    return 0;
}
SYSCALL_DEFINE(2, arch_prctl, (int, code), (u64, addr)) { return do_arch_prctl(current, code, addr); }

static int copyKernelThread(task_struct* p, u64 function) {
    p->regs = pt_regs{};
    p->regs.orig_ax = ~u64{0};
    p->kthread_function = kernelFunctionAt(function);
    p->kthread_argument = current->kthread_argument;
    return 0;
}

TRACED(int, copy_thread, (u64, clone_flags), (u64, sp), (u64, arg), (task_struct*, p)) {
    if (p->flags & PF_KTHREAD) return copyKernelThread(p, sp);
    p->regs = current->regs;
    p->regs.ax = 0;
    if (sp) p->regs.sp = sp;
    p->thread.user = processor().registers();
    if (clone_flags & CLONE_SETTLS) return static_cast<int>(do_arch_prctl(p, ARCH_SET_FS, current->regs.r8));
    return 0;
}

TRACED(void, exit_thread) {}
TRACED(void, release_thread, (task_struct*, dead_task)) {}

}  // namespace kernel
