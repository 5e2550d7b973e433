// Linux 6.1 arch/x86/kernel/signal.c, signal_64.c and kernel/entry/common.c: the way back to user mode.
#include "kernel_model/arch/x86/kernel/sigframe.hpp"
#include "kernel_model/include/linux/rseq.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/signal.hpp"
#include "kernel_model/versions/v6_1/signal.hpp"

namespace kernel::v6_1 {

constexpr u64 UC_SIGCONTEXT_SS = 2, UC_STRICT_RESTORE_SS = 4;

// The registers are stored with page faults disabled; a page that is not there is made present, and it starts again.
static TRACED(bool, copy_fpstate_to_sigframe, (UserPtr<void>, buf)) {
    ++current->pagefault_disabled;
    const int failed = save_i387_xstate(buf);
    --current->pagefault_disabled;
    return !failed || !save_i387_xstate(buf);
}

static TRACED(u64, get_sigframe, (ksignal*, ksig), (pt_regs*, regs), (u64&, fpstate)) {
    const bool nested_altstack = on_sig_stack(regs->sp);
    bool entering_altstack = false;
    u64 sp = regs->sp - RED_ZONE;
    if ((ksig->ka.sa_flags & SA_ONSTACK) && current->sas_ss_size && !on_sig_stack(sp)) {
        sp = current->sas_ss_sp + current->sas_ss_size;
        entering_altstack = true;
    }
    sp = fpstate = placeFpuState(sp);
    sp = placeFrame(sp);
    if ((nested_altstack || entering_altstack) && !__on_sig_stack(sp)) return 0;    // it would run over its end
    return copy_fpstate_to_sigframe(UserPtr<void>(fpstate)) ? sp : 0;
}

static TRACED(int, __setup_rt_frame, (int, sig), (ksignal*, ksig), (u64, set), (pt_regs*, regs)) {
    if (!(ksig->ka.sa_flags & SA_RESTORER_FLAG)) return -EFAULT;
    u64 fpstate = 0;
    const u64 frame = get_sigframe(ksig, regs, fpstate);
    if (!frame) return -EFAULT;
    rt_sigframe image{};
    image.pretcode = ksig->ka.sa_restorer;
    image.uc.uc_flags = signalFpuFlags() | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
    image.uc.uc_mcontext = contextOf(regs, fpstate);
    image.uc.uc_mcontext.ss = static_cast<u16>(regs->ss);
    image.uc.uc_mcontext.oldmask = set;
    image.uc.uc_sigmask = set;
    if (ksig->ka.sa_flags & SA_SIGINFO) image.info = ksig->info;
    TRY_INT(writeFrame(frame, image, ksig, regs));
    enterHandler(frame, ksig, regs);
    return 0;
}
static TRACED(int, setup_rt_frame, (ksignal*, ksig), (pt_regs*, regs)) {
    rseq_signal_deliver(ksig, regs);
    return __setup_rt_frame(ksig->sig, ksig, sigmask_to_save(), regs);
}

static TRACED(void, fpu__clear_user_states) { static_cast<void>(restore_i387_xstate(UserPtr<void>{})); }

// sigaltstack(2), SS_AUTODISARM: the stack is the handler's until it gives it back.
static TRACED(void, signal_delivered, (ksignal*, ksig)) {
    blockForHandler(ksig);
    constexpr u32 autodisarm = 1u << 31;
    if (!(current->sas_ss_flags & autodisarm)) return;
    current->sas_ss_sp = 0u;
    current->sas_ss_size = 0u;
    current->sas_ss_flags = SS_DISABLE;
}
static TRACED(void, signal_setup_done, (int, failed), (ksignal*, ksig)) {
    if (failed) force_sigsegv(ksig->sig);
    else signal_delivered(ksig);
}

static TRACED(void, handle_signal, (ksignal*, ksig), (pt_regs*, regs)) {
    if (regs->orig_ax != NOT_A_SYSCALL) restartOrInterrupt(ksig, regs);
    const int failed = setup_rt_frame(ksig, regs);
    if (!failed) {
        regs->flags &= ~(cpu::FLAG_DF | cpu::FLAG_RF | cpu::FLAG_TF);
        fpu__clear_user_states();
    }
    signal_setup_done(failed, ksig);
}

static TRACED(void, arch_do_signal_or_restart, (pt_regs*, regs)) {
    ksignal ksig;
    if (get_signal(&ksig)) handle_signal(&ksig, regs);
    else restartWithoutHandler(regs);
}

static TRACED(void, exit_to_user_mode_loop, (pt_regs*, regs)) {
    while (current->need_resched || current->sigpending_flag || current->notify_resume) {
        if (current->need_resched) schedule();
        if (current->sigpending_flag) arch_do_signal_or_restart(regs);
        if (!std::exchange(current->notify_resume, false)) continue;
        if (!current->task_works.empty()) task_work_run();
        rseq_handle_notify_resume(nullptr, regs);
    }
}
// Linux calls it on every way to user mode; it shows when there is something to do.
static TRACED(void, exit_to_user_mode_prepare, (pt_regs*, regs)) { exit_to_user_mode_loop(regs); }

void exitToUserMode(pt_regs* regs) {
    const bool only_rseq = current->notify_resume && current->task_works.empty() && !current->need_resched && !current->sigpending_flag;
    if (only_rseq) {
        current->notify_resume = false;
        rseq_handle_notify_resume(nullptr, regs);
    }
    if (current->need_resched || current->sigpending_flag || current->notify_resume) exit_to_user_mode_prepare(regs);
}

static TRACED(bool, restore_sigcontext, (pt_regs*, regs), (u64, usc), (u64, uc_flags)) {
    const auto read = readContext(usc);
    if (!read.ok()) return false;
    const sigcontext& context = read.value();
    restoreRegisters(context, regs);
    regs->ss = uc_flags & UC_STRICT_RESTORE_SS ? context.ss : USER_DATA_SELECTOR;
    return !checkSelectors(regs) && !restore_i387_xstate(UserPtr<void>(context.fpstate));
}

static TRACED(void, signal_fault, (pt_regs*, regs), (u64, frame)) { force_sig(SIGSEGV, current); }

long rt_sigreturn() {
    pt_regs* regs = current_pt_regs();
    const u64 frame = regs->sp - 8;
    const auto set = get_user(UserPtr<kernel_sigset>{frame + FRAME_MASK});
    const auto flags = get_user(UserPtr<u64>{frame + FRAME_UC});
    if (set.ok() && flags.ok()) {
        set_current_blocked(set.value());
        if (restore_sigcontext(regs, frame + FRAME_CONTEXT, flags.value()) && !restore_altstack(UserPtr<void>(frame + FRAME_STACK)))
            return static_cast<long>(regs->ax);
    }
    signal_fault(regs, frame);
    return 0;
}

}  // namespace kernel::v6_1
