// Linux v3.10 arch/x86/kernel/signal.c: setting up the frame of a handler, and back (sigreturn(2)).
#include "kernel_model/arch/x86/kernel/sigframe.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/signal.hpp"
#include "kernel_model/versions/v3_10/signal.hpp"

namespace kernel::v3_10 {

// Behind the red zone or on the alternate stack, the FPU area first.
static TRACED(u64, get_sigframe, (const k_sigaction*, ka), (pt_regs*, regs), (u64&, fpstate)) {
    u64 sp = regs->sp - RED_ZONE;
    const bool was_on_altstack = on_sig_stack(sp);
    if ((ka->sa_flags & SA_ONSTACK) && current->sas_ss_size && !was_on_altstack) sp = current->sas_ss_sp + current->sas_ss_size;
    sp = fpstate = placeFpuState(sp);
    sp = placeFrame(sp);
    if (was_on_altstack && !on_sig_stack(sp)) return 0;     // it would run over its end
    return sp;
}

static TRACED(int, __setup_rt_frame, (int, sig), (ksignal*, ksig), (u64, set), (pt_regs*, regs)) {
    u64 fpstate = 0;
    const u64 frame = get_sigframe(&ksig->ka, regs, fpstate);
    if (!frame || save_i387_xstate(UserPtr<void>(fpstate))) return -EFAULT;
    if (!(ksig->ka.sa_flags & SA_RESTORER_FLAG)) return -EFAULT;
    rt_sigframe image{};
    image.pretcode = ksig->ka.sa_restorer;
    image.uc.uc_flags = signalFpuFlags();
    image.uc.uc_mcontext = contextOf(regs, fpstate);
    image.uc.uc_mcontext.oldmask = set;
    image.uc.uc_sigmask = set;
    if (ksig->ka.sa_flags & SA_SIGINFO) image.info = ksig->info;
    TRY_INT(writeFrame(frame, image, ksig, regs));
    enterHandler(frame, ksig, regs);
    return 0;
}
static TRACED(int, setup_rt_frame, (ksignal*, ksig), (pt_regs*, regs)) {
    return __setup_rt_frame(ksig->sig, ksig, sigmask_to_save(), regs);
}

static TRACED(void, signal_delivered, (int, sig), (ksignal*, ksig)) { blockForHandler(ksig); }
static TRACED(void, signal_setup_done, (int, failed), (ksignal*, ksig)) {
    if (failed) force_sigsegv(ksig->sig);
    else signal_delivered(ksig->sig, ksig);
}

static TRACED(void, handle_signal, (ksignal*, ksig), (pt_regs*, regs)) {
    if (regs->orig_ax != NOT_A_SYSCALL) restartOrInterrupt(ksig, regs);
    const int failed = setup_rt_frame(ksig, regs);
    if (!failed) regs->flags &= ~(cpu::FLAG_DF | cpu::FLAG_RF | cpu::FLAG_TF);
    signal_setup_done(failed, ksig);
}

static TRACED(int, get_signal, (ksignal*, ksig)) { return get_signal_to_deliver(ksig); }

static TRACED(void, do_signal, (pt_regs*, regs)) {
    ksignal ksig;
    if (get_signal(&ksig) > 0) handle_signal(&ksig, regs);
    else restartWithoutHandler(regs);
}
static TRACED(void, do_notify_resume, (pt_regs*, regs)) { do_signal(regs); }

void exitToUserMode(pt_regs* regs) {
    while (current->need_resched || current->sigpending_flag) {
        if (current->need_resched) schedule();
        else do_notify_resume(regs);
    }
}

static TRACED(int, restore_sigcontext, (pt_regs*, regs), (u64, sc), (u64&, pax)) {
    const sigcontext context = TRY(readContext(sc));
    restoreRegisters(context, regs);
    regs->ss = USER_DATA_SELECTOR;
    pax = context.ax;
    TRY_INT(checkSelectors(regs));
    return restore_i387_xstate(UserPtr<void>(context.fpstate));
}

long rt_sigreturn() {
    pt_regs* regs = current_pt_regs();
    const u64 frame = regs->sp - 8;
    const auto set = get_user(UserPtr<kernel_sigset>{frame + FRAME_MASK});
    u64 ax = 0;
    if (set.ok()) set_current_blocked(set.value());
    if (!set.ok() || restore_sigcontext(regs, frame + FRAME_CONTEXT, ax) || restore_altstack(UserPtr<void>(frame + FRAME_STACK))) {
        force_sig(SIGSEGV, current);
        return 0;
    }
    return static_cast<long>(ax);
}

}  // namespace kernel::v3_10
