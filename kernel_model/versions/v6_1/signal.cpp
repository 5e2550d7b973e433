// Linux 6.1 kernel/signal.c: sending, forcing and taking signals.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/guest_end.hpp"
#include "kernel_model/kernel/signal.hpp"
#include "kernel_model/include/version/signal.hpp"
#include "kernel_model/kernel/posix-timers.hpp"
#include "kernel_model/versions/v6_1/coredump.hpp"
#include "kernel_model/versions/v6_1/pkeys.hpp"
#include "kernel_model/versions/v6_1/signal.hpp"

#include <algorithm>
#include <cstring>

namespace kernel::v6_1 {

static TRACED(int, __send_signal_locked, (int, sig), (const kernel_siginfo&, info), (task_struct*, t), (bool, group)) {
    return queueSignal(sig, info, t, group);
}
static TRACED(int, send_signal_locked, (int, sig), (const kernel_siginfo&, info), (task_struct*, t), (bool, group)) {
    return __send_signal_locked(sig, info, t, group);
}

static TRACED(void, force_sig_info_to_task, (const kernel_siginfo&, info), (task_struct*, t), (Forced, handler)) {
    makeDeliverable(info.si_signo, t, handler == Forced::default_action);
    send_signal_locked(info.si_signo, info, t, false);
    if (!t->sigpending_flag) signal_wake_up(t, false);      // it was pending and blocked before
}
static void force_sig_info(int, const kernel_siginfo& info, task_struct* t, Forced how) { force_sig_info_to_task(info, t, how); }

static TRACED(void, force_sig_fault_to_task, (int, sig), (int, code), (u64, addr), (task_struct*, t)) {
    kernel_siginfo info = kernelSiginfo(sig, code);
    info.si_addr = addr;
    force_sig_info_to_task(info, t, Forced::current_handler);
}
static TRACED(void, force_sig_fault, (int, sig), (int, code), (u64, addr)) { force_sig_fault_to_task(sig, code, addr, current); }

// sigaction(2), si_pkey: bytes 32 to 35 of siginfo_t.
TRACED(void, force_sig_pkuerr, (u64, addr), (u32, pkey)) {
    kernel_siginfo info = kernelSiginfo(SIGSEGV, SEGV_PKUERR_CODE);
    info.si_addr = addr;
    constexpr unsigned at = 32 - offsetof(kernel_siginfo, bytes);
    std::memcpy(info.bytes + at, &pkey, sizeof pkey);
    force_sig_info_to_task(info, current, Forced::current_handler);
}

// Faults before everything else: the first in the queue, whatever its number.
static TRACED(int, dequeue_synchronous_signal, (kernel_siginfo*, info)) {
    constexpr kernel_sigset synchronous = sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | sigmask(SIGTRAP) |
                                          sigmask(SIGFPE) | sigmask(SIGSYS);
    sigpending* pending = &current->pending;
    const auto first = std::ranges::find_if(pending->list, [](const kernel_siginfo& i) {
        return i.si_code > SI_USER && (sigmask(i.si_signo) & synchronous);
    });
    if (first == pending->list.end()) return 0;
    *info = *first;
    pending->list.erase(first);
    const auto same = [&](const kernel_siginfo& i) { return i.si_signo == info->si_signo; };
    if (std::ranges::any_of(pending->list, same)) return info->si_signo;
    pending->signal &= ~sigmask(info->si_signo);
    recalc_sigpending();
    return info->si_signo;
}

[[noreturn]] static void endGroup(const ksignal& ksig) {
    current->flags |= PF_SIGNALED;
    announceKill(ksig.info);
    if (sigmask(ksig.sig) & SIG_KERNEL_COREDUMP) do_coredump(ksig.info);
    do_group_exit(ksig.sig);
}

// SIGKILL for a group that ends or gives way to an exec, without a look at the queues.
static bool groupEnds(ksignal* ksig) {
    if (!signal_group_exit(current->signal)) return false;
    ksig->sig = SIGKILL;
    ksig->info = kernelSiginfo(SIGKILL, SI_USER);
    current->pending.signal &= ~sigmask(SIGKILL);
    traceDeliver(SIGKILL, ksig->info, current->sighand->action[SIGKILL - 1]);
    recalc_sigpending();
    return true;
}

enum class Outcome { none, look_again, relock, handler };
static Outcome takeOne(ksignal* ksig) {
    if (groupEnds(ksig)) endGroup(*ksig);
    if ((current->jobctl & JOBCTL_STOP_PENDING) && do_signal_stop(0)) return Outcome::relock;
    ksig->sig = dequeue_synchronous_signal(&ksig->info);
    if (!ksig->sig) ksig->sig = dequeue_signal(current, current->blocked, &ksig->info);
    if (!ksig->sig) return Outcome::none;
    if (takeHandler(ksig)) return Outcome::handler;
    const kernel_sigset bit = sigmask(ksig->sig);
    if (current->sighand->action[static_cast<std::size_t>(ksig->sig - 1)].sa_handler == HANDLER_IGN || (bit & SIG_KERNEL_IGNORE))
        return Outcome::look_again;
    if ((current->signal->flags & SIGNAL_UNKILLABLE) && !(bit & SIG_KERNEL_ONLY)) return Outcome::look_again;
    if (bit & SIG_KERNEL_STOP) return stopByDefault(ksig->sig) ? Outcome::relock : Outcome::look_again;
    endGroup(*ksig);
}

TRACED(bool, get_signal, (ksignal*, ksig)) {
    if (!current->task_works.empty()) task_work_run();
    if (!signal_pending(current)) return false;
    for (Outcome outcome = Outcome::relock; outcome != Outcome::none; outcome = takeOne(ksig)) {
        if (outcome == Outcome::handler) return true;
        if (outcome == Outcome::relock) notifyStopOrContinue();
    }
    return false;
}

static TRACED(void, __flush_itimer_signals, (sigpending*, pending)) { dropTimerSignals(pending); }
static TRACED(void, flush_itimer_signals) {
    __flush_itimer_signals(&current->pending);
    __flush_itimer_signals(&current->signal->shared_pending);
}

// fs/file_table.c: a user task ends its files on the way to user mode, a kernel thread or a dying task at once.
static TRACED(void, ____fput, (file*, filp)) { __fput(filp); }
static void lastFput(file* f) {
    if ((current->flags & PF_KTHREAD) || current->exit_state.get()) return __fput(f);
    task_work_add(current, {[](void* p) { ____fput(static_cast<file*>(p)); }, f});
}

// include/uapi/asm-generic/signal-defs.h: rt_sigaction forgets all others.
constexpr u64 UAPI_SA_FLAGS = 0x1 | 0x2 | 0x4 | 0x800 | 0x0400'0000 | 0x0800'0000 | 0x1000'0000 | 0x4000'0000 | 0x8000'0000;

const SignalVersion signalVersion{send_signal_locked, __send_signal_locked, force_sig_info, force_sig_fault, exitToUserMode,
                                  rt_sigreturn, flush_itimer_signals, lastFput, UAPI_SA_FLAGS, 1u << 31, true, 0x3ffb, true, 48, false};

}  // namespace kernel::v6_1
