// Linux kernel/signal.c: sending. kernel/signal_deliver.cpp takes signals off, kernel/signal_syscalls.cpp is the interface.
#include "kernel_model/include/linux/signal.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/include/version/signal.hpp"
#include "kernel_model/kernel/signal.hpp"

#include <algorithm>

namespace kernel {

bool signal_pending(const task_struct* p) { return p->sigpending_flag; }
bool fatal_signal_pending(const task_struct* p) { return p->sigpending_flag && (p->pending.signal & sigmask(SIGKILL)); }

static TRACED(int, wake_up_state, (task_struct*, p), (TaskState, state)) { return wakeUpState(p, state); }
static TRACED(void, signal_wake_up_state, (task_struct*, t), (TaskState, state)) {
    t->sigpending_flag = true;
    wake_up_state(t, state | TASK_INTERRUPTIBLE);
}
TRACED(void, signal_wake_up, (task_struct*, t), (bool, resume)) { signal_wake_up_state(t, resume ? TASK_WAKEKILL : TASK_RUNNING); }

bool hasPendingSignals(const task_struct* t) {
    return (t->jobctl & JOBCTL_STOP_PENDING) || ((t->pending.signal | t->signal->shared_pending.signal) & ~t->blocked.get());
}
TRACED(void, recalc_sigpending) { current->sigpending_flag = hasPendingSignals(current); }
void recalc_sigpending_and_wake(task_struct* t) {
    if (hasPendingSignals(t)) signal_wake_up(t, false);
}

void flush_sigqueue(sigpending* queue) {
    queue->signal = 0;
    queue->list.clear();
}
void removeSignals(kernel_sigset mask, sigpending* queue) {
    queue->signal &= ~mask;
    std::erase_if(queue->list, [&](const kernel_siginfo& i) { return mask & sigmask(i.si_signo); });
}

static u64 handlerOf(const task_struct* t, int sig) { return t->sighand->action[static_cast<std::size_t>(sig - 1)].sa_handler; }
bool signalIsIgnored(const task_struct* t, int sig) {
    if ((t->blocked | t->real_blocked) & sigmask(sig)) return false;    // it may be caught once it is unblocked
    const u64 handler = handlerOf(t, sig);
    if ((t->signal->flags & SIGNAL_UNKILLABLE) && handler == HANDLER_DFL) return true;
    return handler == HANDLER_IGN || (handler == HANDLER_DFL && (sigmask(sig) & SIG_KERNEL_IGNORE));
}

static void continueGroup(task_struct* p) {
    signal_struct* sig = p->signal;
    for (task_struct* t : p->group_leader->thread_group) {
        removeSignals(SIG_KERNEL_STOP, &t->pending);
        t->jobctl &= ~(JOBCTL_STOP_PENDING | 0xffff);
        wakeUpState(t, __TASK_STOPPED);
    }
    removeSignals(SIG_KERNEL_STOP, &sig->shared_pending);
    u32 why = 0;
    if (sig->flags & SIGNAL_STOP_STOPPED) why = SIGNAL_CLD_CONTINUED;
    else if (sig->group_stop_count) why = SIGNAL_CLD_STOPPED;
    if (!why) return;
    sig->flags = why | SIGNAL_STOP_CONTINUED;
    sig->group_stop_count = 0;
    sig->group_exit_code = 0;
}

// signal(7): SIGCONT undoes pending stops and the reverse, whatever their handlers are. False: nobody wants the signal.
TRACED(bool, prepare_signal, (int, sig), (task_struct*, p)) {
    if (p->signal->flags & (SIGNAL_GROUP_EXIT | SIGNAL_GROUP_COREDUMP)) return sig == SIGKILL;
    if (sigmask(sig) & SIG_KERNEL_STOP) {
        removeSignals(sigmask(SIGCONT), &p->signal->shared_pending);
        for (task_struct* t : p->group_leader->thread_group) removeSignals(sigmask(SIGCONT), &t->pending);
    } else if (sig == SIGCONT) {
        continueGroup(p);
    }
    return !signalIsIgnored(p, sig);
}

static bool wants_signal(int sig, const task_struct* p) {
    if ((p->blocked & sigmask(sig)) || (p->flags & PF_EXITING)) return false;
    return sig == SIGKILL || (!(p->state & __TASK_STOPPED) && (p == current || !signal_pending(p)));
}
static task_struct* chooseThread(int sig, task_struct* p, bool group) {
    if (wants_signal(sig, p)) return p;
    if (!group) return nullptr;
    task_struct* const first = p->signal->curr_target ? p->signal->curr_target : p;
    task_struct* t = first;
    do {
        if (wants_signal(sig, t)) return p->signal->curr_target = t;
        t = next_thread(t);
    } while (t != first);
    return nullptr;
}
static bool sig_fatal(const task_struct* t, int sig) {
    return !(sigmask(sig) & (SIG_KERNEL_IGNORE | SIG_KERNEL_STOP)) && handlerOf(t, sig) == HANDLER_DFL;
}

TRACED(void, complete_signal, (int, sig), (task_struct*, p), (bool, group)) {
    task_struct* t = chooseThread(sig, p, group);
    if (!t) return;
    signal_struct* signal = p->signal;
    const bool ends = (signal->flags & SIGNAL_GROUP_EXIT) && !signal->core_state.get();
    const bool awaited = t->real_blocked & sigmask(sig);        // by sigtimedwait
    const bool end_group =
        sig_fatal(p, sig) && !ends && !awaited && !(signal->flags & SIGNAL_UNKILLABLE) && !(sigmask(sig) & SIG_KERNEL_COREDUMP);
    if (!end_group) return signal_wake_up(t, sig == SIGKILL);
    signal->flags = SIGNAL_GROUP_EXIT;
    signal->group_exit_code = sig;
    signal->group_stop_count = 0;
    for (task_struct* each : p->group_leader->thread_group) {
        each->jobctl = 0;
        each->pending.signal |= sigmask(SIGKILL);
        signal_wake_up(each, true);
    }
}

void addSiginfo(std::vector<traces::Attr>& attrs, kernel_siginfo info) {
    using traces::Value;
    if (info.si_code == SI_TIMER) info.sys_private = 0;
    if (info.si_errno) attrs.push_back({"error", Value::count(info.si_errno)});
    std::size_t size = sizeof info.bytes;
    while (size && !info.bytes[size - 1]) --size;
    if (size) attrs.push_back({"info", Value::bytes(info.bytes, size)});
}

void traceGenerate(int sig, const kernel_siginfo& info, const task_struct* t, const char* result) {
    using traces::Value;
    if (!traces::tracer().on(traces::Kind::signal_generate)) return;
    std::vector<traces::Attr> attrs = {{"sig", Value::count(sig)}, {"name", Value::text(signalName(sig))}, {"code", Value::count(info.si_code)},
                                       {"comm", Value::text(t->comm.get())}, {"target_pid", Value::count(t->pid)}, {"result", Value::text(result)}};
    addSiginfo(attrs, info);
    traces::tracer().emit(traces::Kind::signal_generate, std::move(attrs));
}

// Standard signals of the kernel and of kill(2) keep their siginfo beyond the limit.
static TRACED(bool, __sigqueue_alloc, (int, sig), (task_struct*, t), (bool, override_rlimit)) {
    return override_rlimit || queuedSignalsOfUser(t->real_cred->uid) < t->signal->rlim[RLIMIT_SIGPENDING].rlim_cur;
}

// What __send_signal does once it runs, in both versions.
int queueSignal(int sig, const kernel_siginfo& info, task_struct* t, bool group) {
    if (!prepare_signal(sig, t)) {
        traceGenerate(sig, info, t, "ignored");
        return 0;
    }
    sigpending* queue = group ? &t->signal->shared_pending : &t->pending;
    if (sig < SIGNAL_RTMIN && (queue->signal & sigmask(sig))) {     // a standard signal is queued once
        traceGenerate(sig, info, t, "already_pending");
        return 0;
    }
    if (__sigqueue_alloc(sig, t, sig < SIGNAL_RTMIN && info.si_code >= 0)) queue->list.push_back(info);
    else if (sig >= SIGNAL_RTMIN && info.si_code != SI_USER) return -EAGAIN;    // sigqueue(3)
    signalfd_notify();
    queue->signal |= sigmask(sig);
    complete_signal(sig, t, group);
    traceGenerate(sig, info, t, "delivered");
    return 0;
}
int sendSignal(int sig, const kernel_siginfo& info, task_struct* t, bool group) {
    return version().signal.send_signal(sig, info, t, group);
}

TRACED(int, do_send_sig_info, (int, sig), (const kernel_siginfo&, info), (task_struct*, p), (bool, group)) {
    return p->sighand.get() ? sendSignal(sig, info, p, group) : -ESRCH;
}
int send_sig_info(int sig, const kernel_siginfo& info, task_struct* p) { return do_send_sig_info(sig, info, p, true); }
int send_sig(int sig, task_struct* p, int priv) {
    return do_send_sig_info(sig, priv ? kernelSiginfo(sig) : senderSiginfo(sig), p, false);
}

// A forced signal reaches its task: it is unblocked, and what would ignore it becomes the default.
void makeDeliverable(int sig, task_struct* t, bool to_default) {
    k_sigaction& action = t->sighand->action[static_cast<std::size_t>(sig - 1)];
    const bool blocked = t->blocked & sigmask(sig);
    if (blocked || action.sa_handler == HANDLER_IGN || to_default) {
        const k_sigaction before = action;
        action.sa_handler = HANDLER_DFL;
        traceSigaction(t->sighand, sig, before);
        if (blocked) {
            t->blocked &= ~sigmask(sig);
            recalc_sigpending_and_wake(t);
        }
    }
    if (action.sa_handler == HANDLER_DFL) t->signal->flags &= ~SIGNAL_UNKILLABLE;
}
void force_sig_info(int sig, const kernel_siginfo& info, task_struct* t) {
    version().signal.force_sig_info(sig, info, t, Forced::current_handler);
}
void force_sig(int sig, task_struct* p) { force_sig_info(sig, kernelSiginfo(sig), p); }
void force_sig_fault(int sig, int code, u64 address) { version().signal.force_sig_fault(sig, code, address); }
void force_sigsegv(int sig) {
    version().signal.force_sig_info(SIGSEGV, kernelSiginfo(SIGSEGV), current,
                                    sig == SIGSEGV ? Forced::default_action : Forced::current_handler);
}

kernel_siginfo kernelSiginfo(int sig, int code) {
    kernel_siginfo info;
    info.si_signo = sig;
    info.si_code = code;
    return info;
}
kernel_siginfo senderSiginfo(int sig, int code) {
    kernel_siginfo info = kernelSiginfo(sig, code);
    info.si_pid = current->tgid;
    info.si_uid = current->cred->uid;
    return info;
}

int killOtherThreads(task_struct* p) {
    int count = 0;
    p->signal->group_stop_count = 0;
    for (task_struct* t : p->group_leader->thread_group) {
        if (t == p) continue;
        t->jobctl = 0;
        ++count;
        if (t->exit_state.get()) continue;      // a zombie leader
        t->pending.signal |= sigmask(SIGKILL);
        signal_wake_up(t, true);
    }
    return count;
}

TRACED(int, zap_other_threads, (task_struct*, p)) { return killOtherThreads(p); }

// Shared signals that tsk no longer takes: another thread that does is woken for them.
void retarget_shared_pending(task_struct* tsk, kernel_sigset which) {
    kernel_sigset left = tsk->signal->shared_pending.signal & which;
    for (task_struct* t : tsk->group_leader->thread_group) {
        if (!left) return;
        if (t == tsk || (t->flags & PF_EXITING) || !(left & ~t->blocked)) continue;
        left &= t->blocked;
        if (!signal_pending(t)) signal_wake_up(t, false);
    }
}

// PF_EXITING: no more signals; shared ones that this thread was to take go to another one, and a stop waits for it no more.
TRACED(void, exit_signals, (task_struct*, tsk)) {
    tsk->flags |= PF_EXITING;
    if (thread_group_empty(tsk) || signal_group_exit(tsk->signal) || !signal_pending(tsk)) return;
    retarget_shared_pending(tsk, ~tsk->blocked.get());
    if ((tsk->jobctl & JOBCTL_STOP_PENDING) && participateInStop()) do_notify_parent_cldstop(tsk, CLD_STOPPED);
}

}  // namespace kernel
