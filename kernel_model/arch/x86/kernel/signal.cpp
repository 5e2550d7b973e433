// Linux arch/x86/kernel/signal.c: the frame of a signal handler on the user stack, and back (sigreturn(2)).
#include "kernel_model/arch/x86/kernel/entry.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/signal.hpp"

namespace kernel {
namespace {

struct sigcontext {                         // asm/sigcontext.h
    u64 r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags;
    u16 cs, gs, fs, pad;
    u64 err, trapno, oldmask, cr2, fpstate, reserved[8];
};
struct ucontext {
    u64 uc_flags, uc_link;
    struct { u64 ss_sp; int ss_flags, pad; u64 ss_size; } uc_stack;
    sigcontext uc_mcontext;
    kernel_sigset uc_sigmask;
};
struct rt_sigframe {
    u64 pretcode;
    ucontext uc;
    kernel_siginfo info;
};
static_assert(sizeof(sigcontext) == 256 && sizeof(ucontext) == 304 && sizeof(rt_sigframe) == 440);
constexpr u64 SA_RESTORER_BIT = 0x04000000;
constexpr u64 RED_ZONE = 128, FRAME_UC = 8, FRAME_INFO = FRAME_UC + sizeof(ucontext);

bool onAltstack(u64 sp) { return sp > current->sas_ss_sp && sp - current->sas_ss_sp <= current->sas_ss_size; }

sigcontext contextOf(const pt_regs* r, u64 fpstate) {
    sigcontext c{};
    c.r8 = r->r8, c.r9 = r->r9, c.r10 = r->r10, c.r11 = r->r11, c.r12 = r->r12, c.r13 = r->r13, c.r14 = r->r14, c.r15 = r->r15;
    c.di = r->di, c.si = r->si, c.bp = r->bp, c.bx = r->bx, c.dx = r->dx, c.ax = r->ax, c.cx = r->cx, c.sp = r->sp;
    c.ip = r->ip, c.flags = r->flags;
    c.cs = static_cast<u16>(r->cs);
    c.err = current->thread.error_code;
    c.trapno = current->thread.trap_nr;
    c.cr2 = current->thread.cr2;
    c.oldmask = current->blocked;
    c.fpstate = fpstate;
    return c;
}

kernel_sigset sigmask_to_save() { return current->restore_sigmask ? current->saved_sigmask : current->blocked.get(); }

}  // namespace

// Behind the red zone or on the alternate stack, the FPU area first; 8 below a multiple of 16, as after a call.
static TRACED(u64, get_sigframe, (const k_sigaction*, ka), (pt_regs*, regs), (u64&, fpstate)) {
    u64 sp = regs->sp - RED_ZONE;
    const bool was_on_altstack = onAltstack(sp);
    if ((ka->sa_flags & SA_ONSTACK) && current->sas_ss_size && !was_on_altstack) sp = current->sas_ss_sp + current->sas_ss_size;
    sp = fpstate = (sp - signalFpuBytes()) & ~u64{63};
    sp = ((sp - sizeof(rt_sigframe)) & ~u64{15}) - 8;
    if (was_on_altstack && !onAltstack(sp)) return 0;       // it would run over its end
    return sp;
}

static TRACED(int, __setup_rt_frame, (int, sig), (ksignal*, ksig), (u64, set), (pt_regs*, regs)) {
    u64 fpstate = 0;
    const u64 frame = get_sigframe(&ksig->ka, regs, fpstate);
    if (!frame || save_i387_xstate(UserPtr<void>(fpstate))) return -EFAULT;
    if (!(ksig->ka.sa_flags & SA_RESTORER_BIT)) return -EFAULT;
    rt_sigframe image{};
    image.pretcode = ksig->ka.sa_restorer;
    image.uc.uc_flags = signalFpuFlags();
    image.uc.uc_mcontext = contextOf(regs, fpstate);
    image.uc.uc_mcontext.oldmask = set;
    image.uc.uc_sigmask = set;
    if (ksig->ka.sa_flags & SA_SIGINFO) image.info = ksig->info;
    const u64 bytes = ksig->ka.sa_flags & SA_SIGINFO ? sizeof image : FRAME_INFO;
    if (copy_to_user(UserPtr<void>(frame), &image, bytes)) return -EFAULT;
    if (__save_altstack(UserPtr<void>(frame + FRAME_UC + 16), regs->sp)) return -EFAULT;
    regs->di = static_cast<u64>(sig);
    regs->ax = 0;
    regs->si = frame + FRAME_INFO;
    regs->dx = frame + FRAME_UC;
    regs->ip = ksig->ka.sa_handler;
    regs->sp = frame;
    regs->cs = USER_CODE_SELECTOR;
    return 0;
}
static TRACED(int, setup_rt_frame, (ksignal*, ksig), (pt_regs*, regs)) {
    return __setup_rt_frame(ksig->sig, ksig, sigmask_to_save(), regs);
}

static TRACED(void, signal_delivered, (int, sig), (const k_sigaction*, ka)) {
    current->restore_sigmask = false;
    kernel_sigset blocked = current->blocked | ka->sa_mask;
    if (!(ka->sa_flags & SA_NODEFER)) blocked |= sigmask(sig);
    set_current_blocked(blocked);
}
static TRACED(void, signal_setup_done, (int, failed), (ksignal*, ksig)) {
    if (!failed) return signal_delivered(ksig->sig, &ksig->ka);
    if (ksig->sig == SIGSEGV) {             // force_sigsegv: the handler itself cannot be entered
        k_sigaction& action = current->sighand->action[SIGSEGV - 1];
        const k_sigaction before = action;
        action.sa_handler = HANDLER_DFL;
        traceSigaction(current->sighand, SIGSEGV, before);
    }
    force_sig(SIGSEGV, current);
}

static void restartCall(pt_regs* regs) {
    regs->ax = regs->orig_ax;
    regs->ip -= 2;
}

// signal(7), "Interruption of system calls and library functions by signal handlers".
static void restartOrInterrupt(const ksignal* ksig, pt_regs* regs) {
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

static TRACED(void, handle_signal, (ksignal*, ksig), (pt_regs*, regs)) {
    if (regs->orig_ax != NOT_A_SYSCALL) restartOrInterrupt(ksig, regs);
    const int failed = setup_rt_frame(ksig, regs);
    if (!failed) regs->flags &= ~(cpu::FLAG_DF | cpu::FLAG_RF | cpu::FLAG_TF);
    signal_setup_done(failed, ksig);
}

static TRACED(int, get_signal, (ksignal*, ksig)) { return get_signal_to_deliver(ksig); }

TRACED(void, do_signal, (pt_regs*, regs)) {
    ksignal ksig;
    if (get_signal(&ksig) > 0) return handle_signal(&ksig, regs);
    if (regs->orig_ax != NOT_A_SYSCALL) {
        switch (-static_cast<i64>(regs->ax)) {
            case ERESTARTNOHAND:
            case ERESTARTSYS:
            case ERESTARTNOINTR: restartCall(regs); break;
            case ERESTART_RESTARTBLOCK:
                regs->ax = 219;             // __NR_restart_syscall
                regs->ip -= 2;
                break;
            default: break;
        }
        regs->orig_ax = NOT_A_SYSCALL;      // once
    }
    if (!current->restore_sigmask) return;
    current->restore_sigmask = false;
    set_current_blocked(current->saved_sigmask);
}

static TRACED(int, restore_sigcontext, (pt_regs*, regs), (u64, sc), (u64&, pax)) {
    sigcontext c;
    current->restart_block.fn = nullptr;
    if (copy_from_user(&c, UserPtr<void>(sc), sizeof c)) return -EFAULT;
    regs->r8 = c.r8, regs->r9 = c.r9, regs->r10 = c.r10, regs->r11 = c.r11, regs->r12 = c.r12, regs->r13 = c.r13;
    regs->r14 = c.r14, regs->r15 = c.r15, regs->di = c.di, regs->si = c.si, regs->bp = c.bp, regs->bx = c.bx;
    regs->dx = c.dx, regs->cx = c.cx, regs->sp = c.sp, regs->ip = c.ip;
    regs->cs = c.cs | 3u;
    regs->ss = USER_DATA_SELECTOR;
    constexpr u64 fix = cpu::FLAG_AC | cpu::FLAG_OF | cpu::FLAG_DF | cpu::FLAG_TF | cpu::FLAG_SF | cpu::FLAG_ZF |
                        cpu::FLAG_AF | cpu::FLAG_PF | cpu::FLAG_CF | cpu::FLAG_RF;
    regs->flags = (regs->flags & ~fix) | (c.flags & fix);
    regs->orig_ax = NOT_A_SYSCALL;
    pax = c.ax;
    if (regs->cs != USER_CODE_SELECTOR) return -EFAULT;     // IRET to another segment would fault (32-bit mode is not there)
    return restore_i387_xstate(UserPtr<void>(c.fpstate));
}

SYSCALL_DEFINE(0, rt_sigreturn) {
    pt_regs* regs = current_pt_regs();
    const u64 frame = regs->sp - 8;
    kernel_sigset set = 0;
    u64 ax = 0;
    const u64 mask_at = frame + FRAME_UC + sizeof(ucontext) - sizeof set;
    if (copy_from_user(&set, UserPtr<void>(mask_at), sizeof set)) {
        force_sig(SIGSEGV, current);
        return 0;
    }
    set_current_blocked(set);
    if (restore_sigcontext(regs, frame + FRAME_UC + 40, ax) || restore_altstack(UserPtr<void>(frame + FRAME_UC + 16))) {
        force_sig(SIGSEGV, current);
        return 0;
    }
    return static_cast<long>(ax);
}

}  // namespace kernel
