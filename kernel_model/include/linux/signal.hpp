// Signal types (Linux include/linux/signal.h, uapi asm/signal.h). The 64-bit layouts are the ABI's.
#pragma once

#include "kernel_model/include/linux/types.hpp"

#include <array>
#include <deque>

namespace kernel {

constexpr int NSIG = 64;
using kernel_sigset = u64;                  // bit n-1 is signal n
constexpr kernel_sigset sigmask(int signal) { return u64{1} << (signal - 1); }

struct k_sigaction {                        // struct sigaction of the x86-64 ABI, 32 bytes
    u64 sa_handler = 0;                     // SIG_DFL 0, SIG_IGN 1 or an address
    u64 sa_flags = 0;
    u64 sa_restorer = 0;
    kernel_sigset sa_mask = 0;
    bool operator==(const k_sigaction&) const = default;
};
constexpr u64 HANDLER_DFL = 0, HANDLER_IGN = 1;

struct kernel_siginfo {                     // siginfo_t, 128 bytes on x86-64; the fields in use
    int si_signo = 0, si_errno = 0, si_code = 0, pad = 0;
    union {
        struct { int si_pid; u32 si_uid; int si_status; int pad1; i64 si_utime, si_stime; };   // kill, SIGCHLD
        struct { u64 si_addr; };                                                               // faults
        struct { int timer_id, overrun; u64 si_value; int sys_private; };                      // POSIX timers
        u8 bytes[112];
    };
    kernel_siginfo() : bytes{} {}
};
static_assert(sizeof(kernel_siginfo) == 128);

struct sigpending {
    std::deque<kernel_siginfo> list;
    kernel_sigset signal = 0;
};

struct sighand_struct : Object {
    sighand_struct() : Object("sighand_struct", sizeof *this) {}
    FIELD_INIT(int, count, 1);
    std::array<k_sigaction, NSIG> action{};     // by signal - 1; changes are `set` events named action[SIGx]
};

struct task_struct;
// kernel/signal.cpp
int send_sig_info(int signal, const kernel_siginfo&, task_struct*);         // to a thread group
int send_sig(int signal, task_struct*, int priv);                           // to one thread
void force_sig(int signal, task_struct*);
void force_sigsegv(int signal);             // the handler of that signal cannot be entered
void force_sig_fault(int signal, int code, u64 address);                    // to current: the signal of a trap
void force_sig_info(int signal, const kernel_siginfo&, task_struct*);       // synchronous: unblocks, resets to default
bool signal_pending(const task_struct*);
bool fatal_signal_pending(const task_struct*);
void recalc_sigpending();
void flush_signal_handlers(task_struct*, bool force_default);
void flush_itimer_signals();
void exit_signals(task_struct*);
int zap_other_threads(task_struct*);
const char* signalName(int signal);                                         // "SIGSEGV"
int group_send_sig_info(int signal, const kernel_siginfo&, task_struct*);   // with the permission check of kill(2)
int kill_pgrp(int pgrp, int signal, int priv);                              // priv: from the kernel
bool do_notify_parent(task_struct*, int signal);
void do_notify_parent_cldstop(task_struct*, int why);
void signal_wake_up(task_struct*, bool resume);
void recalc_sigpending_and_wake(task_struct*);
void flush_sigqueue(sigpending*);
void set_current_blocked(kernel_sigset);
int dequeue_signal(task_struct*, kernel_sigset mask, kernel_siginfo*);
int copy_siginfo_to_user(UserPtr<void>, const kernel_siginfo&);
int restore_altstack(UserPtr<void>);
int __save_altstack(UserPtr<void>, u64 sp);
kernel_siginfo kernelSiginfo(int signal, int code = 0x80);                  // SEND_SIG_PRIV: SI_KERNEL
kernel_siginfo senderSiginfo(int signal, int code = 0);                     // SI_USER from current
struct ksignal {
    int sig = 0;
    k_sigaction ka;
    kernel_siginfo info;
};
void traceSigaction(sighand_struct*, int signal, const k_sigaction& before);
inline traces::Value traceValue(const kernel_siginfo& i) {
    return traces::Value::object().with("si_signo", traces::Value::count(i.si_signo)).with("si_code", traces::Value::count(i.si_code));
}
inline traces::Value traceValue(const kernel_siginfo* i) { return traceValue(*i); }
inline traces::Value traceValue(const k_sigaction* a) { return traces::Value::hex(a->sa_handler); }
inline traces::Value traceValue(const ksignal* k) { return traces::Value::count(k->sig); }

}  // namespace kernel
