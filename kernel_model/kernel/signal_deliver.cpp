// Linux kernel/signal.c: taking a signal off the queues and applying its default action.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/version/signal.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/pidfd.hpp"
#include "kernel_model/kernel/posix-timers.hpp"
#include "kernel_model/kernel/signal.hpp"

#include <algorithm>
#include <bit>

namespace kernel {
namespace {

// Synchronous ones first, then the lowest number (next_signal).
int next_signal(const sigpending& queue, kernel_sigset mask) {
    constexpr kernel_sigset synchronous = sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | sigmask(SIGTRAP) |
                                          sigmask(SIGFPE) | sigmask(SIGSYS);
    kernel_sigset ready = queue.signal & ~mask;
    if (!ready) return 0;
    if (ready & synchronous) ready &= synchronous;
    return std::countr_zero(ready) + 1;
}

void restartIntervalTimer(signal_struct* sig) {
    if (!sig->it_real_incr || sig->real_timer.queued) return;
    u64 next = sig->real_timer.expires;
    const u64 now = ktime_get();
    if (next <= now) next += ((now - next) / sig->it_real_incr + 1) * sig->it_real_incr;
    hrtimer_start(&sig->real_timer, next);
}

}  // namespace

static TRACED(void, collect_signal, (int, sig), (sigpending*, queue), (kernel_siginfo*, info)) {
    const auto of_sig = [&](const kernel_siginfo& i) { return i.si_signo == sig; };
    const auto first = std::ranges::find_if(queue->list, of_sig);
    if (first == queue->list.end()) {       // it was not queued: kill(2) of SIGKILL's kind, or the queue was full
        *info = kernelSiginfo(sig, SI_USER);
    } else {
        *info = *first;
        queue->list.erase(first);
    }
    if (std::ranges::none_of(queue->list, of_sig)) queue->signal &= ~sigmask(sig);
}
int collectSignal(int sig, sigpending* queue, kernel_siginfo* info) {
    collect_signal(sig, queue, info);
    return sig;
}

void traceDeliver(int sig, const kernel_siginfo& info, const k_sigaction& action) {
    using traces::Value;
    if (!traces::tracer().on(traces::Kind::signal_deliver)) return;
    std::vector<traces::Attr> attrs = {{"sig", Value::count(sig)}, {"name", Value::text(signalName(sig))}, {"code", Value::count(info.si_code)},
                                       {"sa_handler", Value::hex(action.sa_handler)}, {"sa_flags", Value::hex(action.sa_flags)}};
    addSiginfo(attrs, info);
    traces::tracer().emit(traces::Kind::signal_deliver, std::move(attrs));
}

static TRACED(int, __dequeue_signal, (sigpending*, queue), (kernel_sigset, mask), (kernel_siginfo*, info)) {
    const int sig = next_signal(*queue, mask);
    return sig ? collectSignal(sig, queue, info) : 0;
}

TRACED(int, dequeue_signal, (task_struct*, tsk), (kernel_sigset, mask), (kernel_siginfo*, info)) {
    int sig = __dequeue_signal(&tsk->pending, mask, info);
    if (!sig) {
        sig = __dequeue_signal(&tsk->signal->shared_pending, mask, info);
        if (sig == SIGALRM) restartIntervalTimer(tsk->signal);
    }
    recalc_sigpending();
    if (sig && info->si_code == SI_TIMER && info->sys_private) rearmPosixTimer(info);
    if (sig && (sigmask(sig) & SIG_KERNEL_STOP)) tsk->jobctl |= 1u << 16;      // JOBCTL_STOP_DEQUEUED
    return sig;
}

// True when this was the last thread that a group stop waited for (task_participate_group_stop).
bool participateInStop() {
    signal_struct* sig = current->signal;
    current->jobctl &= ~JOBCTL_STOP_PENDING;
    if (sig->group_stop_count > 0) --sig->group_stop_count;
    if (sig->group_stop_count || (sig->flags & SIGNAL_STOP_STOPPED)) return false;
    sig->flags = SIGNAL_STOP_STOPPED | (sig->flags & SIGNAL_UNKILLABLE);
    return true;
}

// The whole group stops; whoever stops last tells the parent.
TRACED(bool, do_signal_stop, (int, signr)) {
    signal_struct* sig = current->signal;
    if (!(current->jobctl & JOBCTL_STOP_PENDING)) {
        if (signal_group_exit(sig)) return false;
        if (!(sig->flags & SIGNAL_STOP_STOPPED)) sig->group_exit_code = signr;
        sig->group_stop_count = 0;
        for (task_struct* t : current->group_leader->thread_group) {
            if ((t->flags & PF_EXITING) || (t->state & __TASK_STOPPED)) continue;
            t->jobctl = static_cast<u32>(signr) | JOBCTL_STOP_PENDING;
            ++sig->group_stop_count;
            if (t != current) signal_wake_up(t, false);
        }
    }
    const bool last = participateInStop();
    set_current_state(__TASK_STOPPED | TASK_WAKEKILL);
    if (last) do_notify_parent_cldstop(current, CLD_STOPPED);
    schedule();
    recalc_sigpending();
    return true;
}

// waitid(2): the parent learns that a child stopped or went on, before the child acts on anything else.
bool notifyStopOrContinue() {
    signal_struct* sig = current->signal;
    constexpr u32 mask = SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED;
    if (!(sig->flags & mask)) return false;
    const int why = sig->flags & SIGNAL_CLD_CONTINUED ? CLD_CONTINUED : CLD_STOPPED;
    sig->flags &= ~mask;
    do_notify_parent_cldstop(current->group_leader, why);
    return true;
}

bool stopByDefault(int sig) {
    if (sig != SIGSTOP && is_current_pgrp_orphaned()) return false;
    return do_signal_stop(sig);
}

bool takeHandler(ksignal* ksig) {
    k_sigaction& action = current->sighand->action[static_cast<std::size_t>(ksig->sig - 1)];
    traceDeliver(ksig->sig, ksig->info, action);
    if (action.sa_handler == HANDLER_IGN || action.sa_handler == HANDLER_DFL) return false;
    ksig->ka = action;
    if (action.sa_flags & SA_RESETHAND) {
        action.sa_handler = HANDLER_DFL;
        traceSigaction(current->sighand, ksig->sig, ksig->ka);
    }
    return true;
}

// ---- Telling the parent.

static kernel_siginfo childInfo(const task_struct* tsk, int sig) {
    kernel_siginfo info = kernelSiginfo(sig);
    info.si_pid = tsk->pid;
    info.si_uid = tsk->cred->uid;
    info.si_utime = static_cast<i64>(clock_t_of(tsk->utime + tsk->signal->utime));
    info.si_stime = static_cast<i64>(clock_t_of(tsk->stime + tsk->signal->stime));
    return info;
}

// True: the parent ignores its children, so nobody will wait (sigaction(2), SA_NOCLDWAIT).
TRACED(bool, do_notify_parent, (task_struct*, tsk), (int, sig)) {
    task_struct* parent = tsk->parent;
    if (version().process.hasPidfds) do_notify_pidfd(tsk);
    if (sig != SIGCHLD && tsk->parent_exec_id != parent->self_exec_id) sig = SIGCHLD;
    kernel_siginfo info = childInfo(tsk, sig);
    info.si_status = tsk->exit_code & 0x7f;
    if (tsk->exit_code & 0x80) info.si_code = CLD_DUMPED;
    else if (tsk->exit_code & 0x7f) info.si_code = CLD_KILLED;
    else {
        info.si_code = CLD_EXITED;
        info.si_status = tsk->exit_code >> 8;
    }
    bool autoreap = false;
    if (sig == SIGCHLD) {
        const k_sigaction& action = parent->sighand->action[SIGCHLD - 1];
        autoreap = action.sa_handler == HANDLER_IGN || (action.sa_flags & SA_NOCLDWAIT);
        if (action.sa_handler == HANDLER_IGN) sig = 0;
    }
    if (sig > 0 && sig <= NSIG) version().signal.__send_signal(sig, info, parent, true);
    __wake_up_parent(tsk, parent);
    return autoreap;
}

TRACED(void, do_notify_parent_cldstop, (task_struct*, tsk), (int, why)) {
    task_struct* leader = tsk->group_leader;
    task_struct* parent = leader->real_parent;
    kernel_siginfo info = childInfo(leader, SIGCHLD);
    info.si_code = why;
    info.si_status = why == CLD_CONTINUED ? SIGCONT : tsk->signal->group_exit_code & 0x7f;
    const k_sigaction& action = parent->sighand->action[SIGCHLD - 1];
    if (action.sa_handler != HANDLER_IGN && !(action.sa_flags & SA_NOCLDSTOP)) sendSignal(SIGCHLD, info, parent, true);
    __wake_up_parent(leader, parent);  // who waits knows the process by its leader
}

}  // namespace kernel
