// Inside kernel/signal.c.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

constexpr int SIGNAL_RTMIN = 32;
constexpr kernel_sigset SIG_KERNEL_ONLY = sigmask(SIGKILL) | sigmask(SIGSTOP);
constexpr kernel_sigset SIG_KERNEL_STOP = sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU);
constexpr kernel_sigset SIG_KERNEL_IGNORE = sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGWINCH) | sigmask(SIGURG);
constexpr kernel_sigset SIG_KERNEL_COREDUMP =
    sigmask(SIGQUIT) | sigmask(SIGILL) | sigmask(SIGTRAP) | sigmask(SIGABRT) | sigmask(SIGFPE) | sigmask(SIGSEGV) |
    sigmask(SIGBUS) | sigmask(SIGSYS) | sigmask(SIGXCPU) | sigmask(SIGXFSZ);

void removeSignals(kernel_sigset mask, sigpending*);
int sendSignal(int signal, const kernel_siginfo&, task_struct*, bool group);
int checkKillPermission(int signal, const kernel_siginfo&, const task_struct*);

}  // namespace kernel
