#include "emu/interrupt.hpp"

#include "kernel_model/include/stop.hpp"

namespace emu {

namespace {

volatile std::sig_atomic_t came = 0;

void stop(int signal) {
    came = signal;
    kernel::stop_requested = 1;
}

}  // namespace

StopWhenInterrupted::StopWhenInterrupted() {
    struct ::sigaction action {};
    action.sa_handler = stop;
    action.sa_flags = static_cast<int>(SA_RESETHAND);   // no SA_RESTART: blocking calls return
    ::sigaction(SIGINT, &action, &interrupt_);
    ::sigaction(SIGTERM, &action, &terminate_);
}

StopWhenInterrupted::~StopWhenInterrupted() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGTERM, &terminate_, nullptr);
}

int StopWhenInterrupted::signal() noexcept { return came; }

}  // namespace emu
