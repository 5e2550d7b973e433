// Linux kernel/signal.c: actions, the alternate stack, names.
#include "kernel_model/arch/x86/kernel/sigframe.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/version/signal.hpp"
#include "kernel_model/kernel/signal.hpp"

namespace kernel {

const char* signalName(int sig) {
    static constexpr const char* names[] = {
        "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
        "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
        "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR",
        "SIGSYS", "SIGRTMIN", "SIGRT_1", "SIGRT_2", "SIGRT_3", "SIGRT_4", "SIGRT_5", "SIGRT_6", "SIGRT_7", "SIGRT_8",
        "SIGRT_9", "SIGRT_10", "SIGRT_11", "SIGRT_12", "SIGRT_13", "SIGRT_14", "SIGRT_15", "SIGRT_16", "SIGRT_17",
        "SIGRT_18", "SIGRT_19", "SIGRT_20", "SIGRT_21", "SIGRT_22", "SIGRT_23", "SIGRT_24", "SIGRT_25", "SIGRT_26",
        "SIGRT_27", "SIGRT_28", "SIGRT_29", "SIGRT_30", "SIGRT_31", "SIGRT_32"};
    static_assert(std::size(names) == NSIG + 1);
    return sig > 0 && sig <= NSIG ? names[sig] : names[0];
}

static traces::Value actionValue(const k_sigaction& a) {
    using traces::Value;
    return Value::object().with("sa_handler", Value::hex(a.sa_handler)).with("sa_flags", Value::hex(a.sa_flags))
        .with("sa_restorer", Value::hex(a.sa_restorer)).with("sa_mask", Value::hex(a.sa_mask));
}
void traceSigaction(sighand_struct* sighand, int sig, const k_sigaction& before) {
    const k_sigaction& after = sighand->action[static_cast<std::size_t>(sig - 1)];
    if (!traces::tracer().on(traces::Kind::set) || before == after) return;
    const std::string name = std::string("action[") + signalName(sig) + "]";
    traces::fieldChanged(&after, name, actionValue(before), actionValue(after));
}

// exec: caught signals go back to the default, ignored ones stay ignored (execve(2)).
TRACED(void, flush_signal_handlers, (task_struct*, t), (bool, force_default)) {
    for (int sig = 1; sig <= NSIG; ++sig) {
        k_sigaction& action = t->sighand->action[static_cast<std::size_t>(sig - 1)];
        const k_sigaction before = action;
        action = k_sigaction{};
        if (!force_default && before.sa_handler == HANDLER_IGN) action.sa_handler = HANDLER_IGN;
        traceSigaction(t->sighand, sig, before);
    }
}

// Signals that a change of action makes ignored are dropped also when they are pending already (sigaction(2)).
static void dropIgnored(int sig, const k_sigaction& action) {
    const bool ignored = action.sa_handler == HANDLER_IGN ||
                         (action.sa_handler == HANDLER_DFL && (sigmask(sig) & SIG_KERNEL_IGNORE));
    if (!ignored) return;
    removeSignals(sigmask(sig), &current->signal->shared_pending);
    for (task_struct* t : current->group_leader->thread_group) removeSignals(sigmask(sig), &t->pending);
}

struct NewAction {                          // null: only the old one is asked for
    const k_sigaction* action;
};
static traces::Value traceValue(NewAction n) { return n.action ? traceValue(n.action) : traces::Value::null(); }

static TRACED(int, do_sigaction, (int, sig), (NewAction, act), (k_sigaction*, oact)) {
    if (sig < 1 || sig > NSIG || (act.action && (sigmask(sig) & SIG_KERNEL_ONLY))) return -EINVAL;
    k_sigaction& action = current->sighand->action[static_cast<std::size_t>(sig - 1)];
    const k_sigaction before = *oact = action;
    if (act.action) {
        k_sigaction fresh = *act.action;
        fresh.sa_mask &= ~SIG_KERNEL_ONLY;
        fresh.sa_flags &= version().signal.sa_flags;
        action = fresh;
        traceSigaction(current->sighand, sig, before);
        dropIgnored(sig, fresh);
    }
    return 0;
}
SYSCALL_DEFINE(4, rt_sigaction, (int, sig), (UserPtr<k_sigaction>, act), (UserPtr<k_sigaction>, oact), (size_t, sigsetsize)) {
    if (sigsetsize != sizeof(kernel_sigset)) return -EINVAL;
    k_sigaction fresh, old;
    if (act) fresh = TRY(get_user(act));
    TRY_INT(do_sigaction(sig, NewAction{act ? &fresh : nullptr}, &old));
    return oact ? put_user(old, oact) : 0;
}

struct stack_user { u64 ss_sp; int ss_flags; int pad; u64 ss_size; };
inline traces::Value traceValue(const stack_user& s) { return traces::Value::hex(s.ss_sp); }
static int statusOfStack(u64 sp) { return !current->sas_ss_size ? SS_DISABLE : on_sig_stack(sp) ? SS_ONSTACK : 0; }

static TRACED(int, do_sigaltstack, (const stack_user&, wanted), (u64, sp)) {
    if (on_sig_stack(sp)) return -EPERM;
    const u32 flags = static_cast<u32>(wanted.ss_flags);
    const int mode = static_cast<int>(flags & ~version().signal.altstack_flags);
    if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK) return -EINVAL;
    const bool off = mode == SS_DISABLE;
    if (!off && wanted.ss_size < 2048) return -ENOMEM;      // MINSIGSTKSZ
    current->sas_ss_sp = off ? 0 : wanted.ss_sp;
    current->sas_ss_size = off ? 0 : wanted.ss_size;
    current->sas_ss_flags = flags & (version().signal.altstack_flags | SS_DISABLE);
    return 0;
}
SYSCALL_DEFINE(2, sigaltstack, (UserPtr<stack_user>, uss), (UserPtr<stack_user>, uoss)) {
    const u64 sp = current_pt_regs()->sp;
    const u32 kept = current->sas_ss_flags & version().signal.altstack_flags;
    const stack_user old{current->sas_ss_sp, statusOfStack(sp) | static_cast<int>(kept), 0, current->sas_ss_size};
    if (uss) TRY_INT(do_sigaltstack(TRY(get_user(uss)), sp));
    return uoss ? put_user(old, uoss) : 0;
}
TRACED(int, restore_altstack, (UserPtr<void>, uss)) {
    stack_user wanted;
    if (copy_from_user(&wanted, uss, sizeof wanted)) return -EFAULT;
    static_cast<void>(do_sigaltstack(wanted, current_pt_regs()->sp));      // its errors do not matter here
    return 0;
}
// The frame gets back what rt_sigreturn shall restore: the state as seen from sp, or with its flags (v6.1).
TRACED(int, __save_altstack, (UserPtr<void>, uss), (u64, sp)) {
    const int flags = version().signal.altstack_flags ? static_cast<int>(current->sas_ss_flags) : statusOfStack(sp);
    const stack_user now{current->sas_ss_sp, flags, 0, current->sas_ss_size};
    return copy_to_user(uss, &now, sizeof now) ? -EFAULT : 0;
}

TRACED(int, copy_siginfo_to_user, (UserPtr<void>, to), (const kernel_siginfo&, from)) {
    return copy_to_user(to, &from, sizeof from) ? -EFAULT : 0;
}

// exec keeps ITIMER_REAL; pending signals of its POSIX timers are dropped.
void flush_itimer_signals() { version().signal.flush_itimer_signals(); }

}  // namespace kernel
