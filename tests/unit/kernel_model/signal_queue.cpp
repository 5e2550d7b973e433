// Sending and taking signals (signal(7)).
#include "kernel_model/kernel/signal.hpp"
#include "mm_world.hpp"

#include <catch2/catch.hpp>

using namespace kernel;

namespace {

struct SignalWorld : MmWorld {
    SignalWorld() { task.pid = 7; }
    ~SignalWorld() {
        flush_sigqueue(&task.pending);
        flush_sigqueue(&signal.shared_pending);
    }
    int take() {
        kernel_siginfo info;
        return dequeue_signal(&task, task.blocked, &info);
    }
    void handle(int sig, u64 handler) { sighand.action[static_cast<std::size_t>(sig - 1)].sa_handler = handler; }
    void block(kernel_sigset set) { task.blocked = set; }
};

}  // namespace

TEST_CASE("a standard signal is queued once, a real-time one each time") {
    SignalWorld w;
    w.block(~u64{0});
    for (int i = 0; i < 3; ++i) {
        send_sig(SIGUSR1, &w.task, 0);
        send_sig(40, &w.task, 0);
    }
    w.block(0);
    CHECK(w.take() == SIGUSR1);
    for (int i = 0; i < 3; ++i) CHECK(w.take() == 40);
    CHECK(w.take() == 0);
    CHECK_FALSE(signal_pending(&w.task));
}

TEST_CASE("synchronous signals come first, then the lowest number, the thread's before the process's") {
    SignalWorld w;
    w.block(~u64{0});
    for (const int sig : {SIGUSR2, SIGHUP, SIGSEGV}) send_sig(sig, &w.task, 0);
    send_sig_info(SIGINT, kernelSiginfo(SIGINT), &w.task);
    w.block(0);
    CHECK(w.take() == SIGSEGV);
    CHECK(w.take() == SIGHUP);
    CHECK(w.take() == SIGUSR2);
    CHECK(w.take() == SIGINT);
}

TEST_CASE("ignored signals are not queued unless blocked") {
    SignalWorld w;
    w.handle(SIGUSR1, HANDLER_IGN);
    send_sig(SIGUSR1, &w.task, 0);
    send_sig(SIGCHLD, &w.task, 0);          // ignored by default
    CHECK_FALSE(signal_pending(&w.task));
    w.block(sigmask(SIGUSR1));
    send_sig(SIGUSR1, &w.task, 0);
    CHECK((w.task.pending.signal & sigmask(SIGUSR1)));
}

TEST_CASE("SIGCONT and the stop signals cancel each other") {
    SignalWorld w;
    w.block(~u64{0});
    send_sig(SIGTSTP, &w.task, 0);
    send_sig(SIGCONT, &w.task, 0);
    CHECK_FALSE((w.task.pending.signal & sigmask(SIGTSTP)));
    send_sig(SIGSTOP, &w.task, 0);
    CHECK_FALSE((w.task.pending.signal & sigmask(SIGCONT)));
}

TEST_CASE("a fatal signal ends the group at once") {
    SignalWorld w;
    send_sig_info(SIGTERM, kernelSiginfo(SIGTERM), &w.task);
    CHECK((w.signal.flags & SIGNAL_GROUP_EXIT));
    CHECK(w.signal.group_exit_code == SIGTERM);
    CHECK(fatal_signal_pending(&w.task));
}

TEST_CASE("init is not killed by signals it does not handle") {
    SignalWorld w;
    w.signal.flags = SIGNAL_UNKILLABLE;
    send_sig_info(SIGTERM, kernelSiginfo(SIGTERM), &w.task);
    CHECK_FALSE(signal_pending(&w.task));
    send_sig_info(SIGKILL, kernelSiginfo(SIGKILL), &w.task);
    CHECK_FALSE((w.signal.flags & SIGNAL_GROUP_EXIT));
}

TEST_CASE("a forced signal unblocks and resets") {
    SignalWorld w;
    w.handle(SIGSEGV, HANDLER_IGN);
    w.block(sigmask(SIGSEGV));
    force_sig(SIGSEGV, &w.task);
    CHECK(w.sighand.action[SIGSEGV - 1].sa_handler == HANDLER_DFL);
    CHECK_FALSE((w.task.blocked & sigmask(SIGSEGV)));
    CHECK(w.take() == SIGSEGV);
}

TEST_CASE("names") {
    CHECK(std::string(signalName(SIGCHLD)) == "SIGCHLD");
    CHECK(std::string(signalName(31)) == "SIGSYS");
    CHECK(std::string(signalName(34)) == "SIGRT_2");
}
