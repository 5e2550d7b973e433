// Linux v3.10 kernel/signal.c: where sending and taking signals differ from later versions.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/guest_end.hpp"
#include "kernel_model/kernel/signal.hpp"
#include "kernel_model/include/version/signal.hpp"
#include "kernel_model/kernel/posix-timers.hpp"
#include "kernel_model/versions/v3_10/coredump.hpp"
#include "kernel_model/versions/v3_10/signal.hpp"

namespace kernel::v3_10 {

static TRACED(int, __send_signal, (int, sig), (const kernel_siginfo&, info), (task_struct*, t), (bool, group)) {
    return queueSignal(sig, info, t, group);
}
static TRACED(int, send_signal, (int, sig), (const kernel_siginfo&, info), (task_struct*, t), (bool, group)) {
    return __send_signal(sig, info, t, group);
}

static TRACED(void, force_sig_info, (int, sig), (const kernel_siginfo&, info), (task_struct*, t)) {
    makeDeliverable(sig, t, false);
    send_signal(sig, info, t, false);
}
static void force(int sig, const kernel_siginfo& info, task_struct* t, Forced how) {
    if (how == Forced::default_action) makeDeliverable(sig, t, true);
    v3_10::force_sig_info(sig, info, t);
}
static void force_sig_fault(int sig, int code, u64 address) {
    kernel_siginfo info = kernelSiginfo(sig, code);
    info.si_addr = address;
    v3_10::force_sig_info(sig, info, current);
}

static void applyDefault(const ksignal& ksig) {
    const kernel_sigset bit = sigmask(ksig.sig);
    if (bit & SIG_KERNEL_IGNORE) return;
    if ((current->signal->flags & SIGNAL_UNKILLABLE) && !(bit & SIG_KERNEL_ONLY)) return;
    if (bit & SIG_KERNEL_STOP) {
        stopByDefault(ksig.sig);
        return;
    }
    current->flags |= PF_SIGNALED;
    announceKill(ksig.info);
    if (bit & SIG_KERNEL_COREDUMP) do_coredump(ksig.info);
    do_group_exit(ksig.sig);
}

TRACED(int, get_signal_to_deliver, (ksignal*, ksig)) {
    notifyStopOrContinue();
    for (;;) {
        if (current->jobctl & JOBCTL_STOP_PENDING) {
            do_signal_stop(0);
            notifyStopOrContinue();
            continue;
        }
        ksig->sig = dequeue_signal(current, current->blocked, &ksig->info);
        if (!ksig->sig) return 0;
        if (takeHandler(ksig)) return ksig->sig;
        if (current->sighand->action[static_cast<std::size_t>(ksig->sig - 1)].sa_handler == HANDLER_IGN) continue;
        applyDefault(*ksig);
        notifyStopOrContinue();
    }
}

static TRACED(void, flush_itimer_signals) {
    dropTimerSignals(&current->pending);
    dropTimerSignals(&current->signal->shared_pending);
}

const SignalVersion signalVersion{send_signal, __send_signal, force, force_sig_fault, exitToUserMode, rt_sigreturn,
                                  flush_itimer_signals, __fput, ~u64{0}, 0, false, 0x1ffb, false, sizeof(kernel_siginfo), true};

}  // namespace kernel::v3_10
