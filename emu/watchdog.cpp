#include "emu/watchdog.hpp"

#include "emu/give_back_terminal.hpp"
#include "emu/options.hpp"
#include "kernel_model/include/stop.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <unistd.h>

namespace emu {

namespace {

constexpr u64 SECOND = 1'000'000'000;
constexpr long REPEAT_NS = 50'000'000;      // a signal that came just before a blocking call is not heard: it comes again
constexpr int PATIENCE = 100;               // times: five seconds

struct LastWords {
    std::string words, report;
    int report_fd = -1;
};
LastWords& last() {
    static auto& all = *new LastWords;
    return all;
}

volatile std::sig_atomic_t times_asked = 0;

void ask(int) {
    const int before = errno;
    kernel::stop_requested = 1;
    times_asked = times_asked + 1;
    if (times_asked > PATIENCE) {           // async-signal-safe from here on (signal-safety(7))
        giveBackTerminal();
        const LastWords& leave = last();
        if (leave.report_fd >= 0) (void)!::write(leave.report_fd, leave.report.data(), leave.report.size());
        (void)!::write(STDERR_FILENO, leave.words.data(), leave.words.size());
        ::_exit(TIMED_OUT);
    }
    errno = before;
}

}  // namespace

Watchdog::Watchdog(u64 ns, std::string last_words, int report_fd, std::string last_report) {
    if (!ns) return;
    last() = {std::move(last_words), std::move(last_report), report_fd};
    struct sigaction action {};
    action.sa_handler = ask;                // no SA_RESTART: blocking calls return
    ::sigaction(SIGRTMIN, &action, nullptr);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMIN;
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) < 0) throw std::runtime_error(std::string("--timeout: ") + std::strerror(errno));
    armed_ = true;
    const itimerspec when{{0, REPEAT_NS}, {static_cast<time_t>(ns / SECOND), static_cast<long>(ns % SECOND)}};
    ::timer_settime(timer_, 0, &when, nullptr);
}

Watchdog::~Watchdog() {
    if (armed_) ::timer_delete(timer_);
}

}  // namespace emu
