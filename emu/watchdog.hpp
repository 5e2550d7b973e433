// --timeout: the host's clock, as a signal that asks the machine to end. The time itself never reaches the guest or a trace.
#pragma once

#include "traces/types.hpp"

#include <string>
#include <time.h>

namespace emu {

class Watchdog {
public:
    // ns: 0 for none. When the machine has not ended some seconds after it was asked to (the host's disk or terminal holds it),
    // the process ends with `last_words` on standard error and `last_report` in the descriptor (-1: none).
    explicit Watchdog(u64 ns, std::string last_words, int report_fd = -1, std::string last_report = "");
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

private:
    bool armed_ = false;
    timer_t timer_{};
};

}  // namespace emu
