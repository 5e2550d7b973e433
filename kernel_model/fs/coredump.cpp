// Linux fs/coredump.c: the other threads die first; the dump itself is refused by RLIMIT_CORE 0.
#include "kernel_model/include/linux/coredump.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/kernel/signal.hpp"

namespace kernel {

static TRACED(int, zap_process, (task_struct*, start), (int, exit_code)) {
    signal_struct* sig = start->signal;
    sig->flags = SIGNAL_GROUP_EXIT;
    sig->group_exit_code = exit_code;
    return killOtherThreads(start);
}
static TRACED(int, zap_threads, (task_struct*, tsk), (int, exit_code)) {
    return signal_group_exit(tsk->signal) ? -EAGAIN : zap_process(tsk, exit_code);
}
static TRACED(int, coredump_wait, (int, exit_code)) { return zap_threads(current, exit_code); }

TRACED(void, do_coredump, (const kernel_siginfo&, siginfo)) {
    cred* dumper = prepare_creds();
    coredump_wait(siginfo.si_signo);
    abort_creds(dumper);
}

}  // namespace kernel
