// The user's terminal as the guest's: keys taken and given back, signals of its line discipline passed on.
#pragma once

#include "kernel_model/include/host_terminal.hpp"

#include <csignal>
#include <termios.h>

namespace emu {

class TerminalKeys : public kernel::HostTerminal {
public:
    TerminalKeys() = default;
    ~TerminalKeys() override;
    TerminalKeys(const TerminalKeys&) = delete;
    TerminalKeys& operator=(const TerminalKeys&) = delete;

    // From here on Ctrl-C and Ctrl-\ of the terminal `fd` are the guest's. Not owned; -1: there is none.
    void begin(int fd);
    // Gives the terminal back as it was found.
    void end();

    bool there() const override { return fd_ >= 0; }
    bool taken() const override { return taken_; }
    int takeKeys(kernel::TypedAhead&) override;
    void setOutputModes(u32 c_oflag) override;
    long keys(std::span<u8> to, u64& wait_ns) override;
    int takeSignal() override;
    long write(std::span<const u8> from) override;

    // Waits until `fd` has one of poll(2)'s events, or until a signal has come: false. Without a terminal it does not wait.
    bool waitFor(int fd, short events) const;

private:
    int applyModes() const;

    int fd_ = -1;
    int signals_ = -1;                      // signalfd(2)
    sigset_t mask_before_{};
    termios found_{};
    u32 output_modes_ = OPOST | ONLCR;
    bool taken_ = false;
};

}  // namespace emu
