// Linux arch/x86/kernel/process.c, process_64.c: arch_prctl(2). While a task is in the kernel its FPU, segments and bases
// stay in the processor; thread.user has them when it does not run. versions/*/process_64.cpp copy them to a new task.
#include "kernel_model/arch/x86/kernel/process.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/kernel/exit.hpp"

namespace kernel {

// arch_prctl(2). EPERM: the address is outside the user's address space.
long segmentBase(task_struct* task, int code, u64 addr) {
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
SYSCALL_DEFINE(2, arch_prctl, (int, code), (u64, addr)) { return version().process.arch_prctl(current, code, addr); }

void copyKernelThread(task_struct* p, KernelThreadFunction function, ThreadArgument argument) {
    p->regs = pt_regs{};
    p->regs.orig_ax = ~u64{0};
    p->kthread_function = function;
    p->kthread_argument = argument;
}
void copyUserThread(task_struct* p, u64 sp) {
    p->regs = current->regs;
    p->regs.ax = 0;
    if (sp) p->regs.sp = sp;
    p->thread.user = processor().registers();
}

TRACED(void, release_thread, (task_struct*, dead_task)) {}

}  // namespace kernel
