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
int sendSignal(int signal, const kernel_siginfo&, task_struct*, bool group);        // send_signal
int queueSignal(int signal, const kernel_siginfo&, task_struct*, bool group);       // the body of __send_signal
int check_kill_permission(int signal, const kernel_siginfo&, task_struct*);
int do_send_sig_info(int signal, const kernel_siginfo&, task_struct*, bool group);
bool prepare_signal(int signal, task_struct*);
void complete_signal(int signal, task_struct*, bool group);
bool signalIsIgnored(const task_struct*, int signal);           // sig_ignored
int killOtherThreads(task_struct*);                              // the loop of zap_other_threads and zap_process
bool hasPendingSignals(const task_struct*);
void makeDeliverable(int signal, task_struct*, bool to_default);
void retarget_shared_pending(task_struct*, kernel_sigset which);
void signalfd_notify();                                         // fs/signalfd.cpp
void addSiginfo(std::vector<traces::Attr>&, kernel_siginfo);    // what it holds beyond number and code, without the kernel's own
void traceGenerate(int signal, const kernel_siginfo&, const task_struct*, const char* result);

// kernel/signal_deliver.cpp: the steps of get_signal
int collectSignal(int signal, sigpending*, kernel_siginfo*);    // takes it off the queue: the signal
void traceDeliver(int signal, const kernel_siginfo&, const k_sigaction&);
bool do_signal_stop(int signal);
bool participateInStop();                                       // true: the last thread that had to stop
bool notifyStopOrContinue();                                    // true: the parent was told
bool stopByDefault(int signal);                                 // a signal whose default is to stop; true: it stopped
bool takeHandler(ksignal*);                                     // sets ksig->ka when a handler is to run

}  // namespace kernel
