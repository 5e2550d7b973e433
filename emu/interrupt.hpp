// SIGINT and SIGTERM end the machine, not the emulator: what it was writing is completed. A second one ends the emulator.
#pragma once

#include <csignal>

namespace emu {

class StopWhenInterrupted {
public:
    StopWhenInterrupted();
    ~StopWhenInterrupted();
    StopWhenInterrupted(const StopWhenInterrupted&) = delete;
    StopWhenInterrupted& operator=(const StopWhenInterrupted&) = delete;
    static int signal() noexcept;           // which one came, 0: none

private:
    struct ::sigaction interrupt_ {}, terminate_ {};
};

}  // namespace emu
