// See version.hpp. What signals do in a way of their own in each version.
#pragma once

#include "kernel_model/include/linux/signal.hpp"
#include "kernel_model/include/version/version.hpp"

namespace kernel {

struct file;
struct pt_regs;
enum class Forced { current_handler, default_action };     // force_sig: the handler stays when it can run, or never runs

struct SignalVersion {
    int (*send_signal)(int sig, const kernel_siginfo&, task_struct*, bool group);       // send_signal_locked
    int (*__send_signal)(int sig, const kernel_siginfo&, task_struct*, bool group);     // __send_signal_locked
    void (*force_sig_info)(int sig, const kernel_siginfo&, task_struct*, Forced);
    void (*force_sig_fault)(int sig, int code, u64 address);
    void (*exit_to_user_mode)(pt_regs*);                    // does the work that waits, until none does
    long (*rt_sigreturn)();
    void (*flush_itimer_signals)();
    void (*lastFput)(file*);                // ends an open file, at once or on the way to user mode
    u64 sa_flags;               // rt_sigaction keeps these flags; all of them in v3.10
    u32 altstack_flags;         // SS_AUTODISARM
    bool equal_mask_is_no_change;
    u64 futex_commands;         // bit N: FUTEX_* command N is there
    bool timer_event_first;     // timer_create reads its event before it does anything
    u64 siginfo_bytes;          // of what rt_sigqueueinfo is given; the rest is 0, and must be when the code does not say what it is
    bool unaligned_as_fxsave;   // rt_sigreturn reads an XSAVE frame that is not at a multiple of 64 with FXRSTOR
};

namespace v3_10 { extern const SignalVersion signalVersion; }
namespace v6_1 { extern const SignalVersion signalVersion; }

}  // namespace kernel
