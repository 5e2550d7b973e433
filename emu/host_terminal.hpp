// The user's terminal as the guest's: keys taken and given back, signals of its line discipline passed on.
#pragma once

#include "kernel_model/include/host_terminal.hpp"

#include <array>
#include <csignal>
#include <termios.h>

namespace emu {

// What of the guest's standard streams is a terminal when it boots, and its size.
struct Screens {
    std::array<bool, 3> streams{};
    u16 rows = 0, columns = 0;
    int first() const noexcept { return streams[0] ? 0 : streams[1] ? 1 : streams[2] ? 2 : -1; }    // -1: none is
};

class TerminalKeys final : public kernel::HostTerminal {
public:
    TerminalKeys() = default;
    ~TerminalKeys() override;
    TerminalKeys(const TerminalKeys&) = delete;
    TerminalKeys& operator=(const TerminalKeys&) = delete;

    // From here on Ctrl-C and Ctrl-\ of the terminal `fd` are the guest's, which was of this size. Not owned; -1: there is none.
    void begin(int fd, u16 rows, u16 columns);
    // Gives the terminal back as it was found.
    void end();

    bool there() const noexcept { return fd_ >= 0; }
    bool taken() const override { return taken_; }
    int takeKeys(kernel::TypedAhead&) override;
    void setOutputModes(u32 c_oflag) override;
    long keys(u64 look, std::span<u8> to, u64& wait_ns) override;
    int takeSignal() override;
    void size(u16& rows, u16& columns) override { rows = rows_, columns = columns_; }
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
    u16 rows_ = 0, columns_ = 0;            // as the guest knows them
    bool taken_ = false;
};

}  // namespace emu
