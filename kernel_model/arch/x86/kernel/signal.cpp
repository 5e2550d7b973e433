// Linux arch/x86/kernel/signal.c: what both versions share of the frame of a signal handler (sigreturn(2), signal(7)).
#include "kernel_model/arch/x86/kernel/sigframe.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/version/signal.hpp"
#include "kernel_model/kernel/signal.hpp"

namespace kernel {

constexpr u32 AUTODISARM = 1u << 31;

bool __on_sig_stack(u64 sp) { return sp > current->sas_ss_sp && sp - current->sas_ss_sp <= current->sas_ss_size; }
bool on_sig_stack(u64 sp) { return !(current->sas_ss_flags & AUTODISARM) && __on_sig_stack(sp); }

u64 placeFpuState(u64 sp) { return (sp - signalFpuBytes()) & ~u64{63}; }
u64 placeFrame(u64 sp) { return ((sp - sizeof(rt_sigframe)) & ~u64{15}) - 8; }

sigcontext contextOf(const pt_regs* r, u64 fpstate) {
    sigcontext c{};
    c.r8 = r->r8, c.r9 = r->r9, c.r10 = r->r10, c.r11 = r->r11, c.r12 = r->r12, c.r13 = r->r13, c.r14 = r->r14, c.r15 = r->r15;
    c.di = r->di, c.si = r->si, c.bp = r->bp, c.bx = r->bx, c.dx = r->dx, c.ax = r->ax, c.cx = r->cx, c.sp = r->sp;
    c.ip = r->ip, c.flags = r->flags;
    c.cs = static_cast<u16>(r->cs);
    c.err = current->thread.error_code;
    c.trapno = current->thread.trap_nr;
    c.cr2 = current->thread.cr2;
    c.fpstate = fpstate;
    return c;
}

kernel_sigset sigmask_to_save() { return current->restore_sigmask ? current->saved_sigmask : current->blocked.get(); }

int writeFrame(u64 frame, const rt_sigframe& image, const ksignal* ksig, pt_regs* regs) {
    const u64 bytes = ksig->ka.sa_flags & SA_SIGINFO ? sizeof image : FRAME_INFO;
    if (copy_to_user(UserPtr<void>(frame), &image, bytes)) return -EFAULT;
    return __save_altstack(UserPtr<void>(frame + FRAME_STACK), regs->sp);
}

void enterHandler(u64 frame, const ksignal* ksig, pt_regs* regs) {
    regs->di = static_cast<u64>(ksig->sig);
    regs->ax = 0;
    regs->si = frame + FRAME_INFO;
    regs->dx = frame + FRAME_UC;
    regs->ip = ksig->ka.sa_handler;
    regs->sp = frame;
    regs->cs = USER_CODE_SELECTOR;
}

void restartCall(pt_regs* regs) {
    regs->ax = regs->orig_ax;
    regs->ip -= 2;
}

void restartOrInterrupt(const ksignal* ksig, pt_regs* regs) {
    switch (-static_cast<i64>(regs->ax)) {
        case ERESTART_RESTARTBLOCK:
        case ERESTARTNOHAND: regs->ax = static_cast<u64>(-EINTR); break;
        case ERESTARTSYS:
            if (ksig->ka.sa_flags & SA_RESTART) restartCall(regs);
            else regs->ax = static_cast<u64>(-EINTR);
            break;
        case ERESTARTNOINTR: restartCall(regs); break;
        default: break;
    }
}

void restartWithoutHandler(pt_regs* regs) {
    constexpr u64 NR_RESTART_SYSCALL = 219;
    if (regs->orig_ax != NOT_A_SYSCALL) {
        switch (-static_cast<i64>(regs->ax)) {
            case ERESTARTNOHAND:
            case ERESTARTSYS:
            case ERESTARTNOINTR: restartCall(regs); break;
            case ERESTART_RESTARTBLOCK:
                regs->ax = NR_RESTART_SYSCALL;
                regs->ip -= 2;
                break;
            default: break;
        }
        regs->orig_ax = NOT_A_SYSCALL;      // once
    }
    restoreSavedMask();
}

void restoreSavedMask() {
    if (!current->restore_sigmask) return;
    current->restore_sigmask = false;
    set_current_blocked(current->saved_sigmask);
}

void blockForHandler(const ksignal* ksig) {
    current->restore_sigmask = false;
    kernel_sigset blocked = current->blocked | ksig->ka.sa_mask;
    if (!(ksig->ka.sa_flags & SA_NODEFER)) blocked |= sigmask(ksig->sig);
    set_current_blocked(blocked);
}

Result<sigcontext> readContext(u64 address) {
    current->restart_block.fn = nullptr;    // a restart that the handler interrupted is over (do_no_restart_syscall)
    return get_user(UserPtr<sigcontext>{address});
}

void restoreRegisters(const sigcontext& c, pt_regs* regs) {
    regs->r8 = c.r8, regs->r9 = c.r9, regs->r10 = c.r10, regs->r11 = c.r11, regs->r12 = c.r12, regs->r13 = c.r13;
    regs->r14 = c.r14, regs->r15 = c.r15, regs->di = c.di, regs->si = c.si, regs->bp = c.bp, regs->bx = c.bx;
    regs->dx = c.dx, regs->ax = c.ax, regs->cx = c.cx, regs->sp = c.sp, regs->ip = c.ip;
    regs->cs = c.cs | 3u;
    constexpr u64 fix = cpu::FLAG_AC | cpu::FLAG_OF | cpu::FLAG_DF | cpu::FLAG_TF | cpu::FLAG_SF | cpu::FLAG_ZF |
                        cpu::FLAG_AF | cpu::FLAG_PF | cpu::FLAG_CF | cpu::FLAG_RF;
    regs->flags = (regs->flags & ~fix) | (c.flags & fix);
    regs->orig_ax = NOT_A_SYSCALL;
}
// Only the 64-bit user segments are there (no 32-bit mode).
int checkSelectors(const pt_regs* regs) {
    return regs->cs == USER_CODE_SELECTOR && regs->ss == USER_DATA_SELECTOR ? 0 : -EFAULT;
}

SYSCALL_DEFINE(0, rt_sigreturn) { return version().signal.rt_sigreturn(); }

}  // namespace kernel
