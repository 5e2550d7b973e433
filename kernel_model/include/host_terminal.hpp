// The host's terminal as the keyboard and screen of the guest's (ours). Until the guest asks for what is typed, the host's line
// discipline has the terminal: what is typed ahead stays there. From then on every key comes to the guest's own line discipline.
#pragma once

#include "kernel_model/include/linux/types.hpp"

#include <span>
#include <vector>

namespace kernel {

// What was typed before the guest took the keys: the host has shown and edited it, and sent the signals.
struct TypedAhead {
    std::vector<std::vector<u8>> lines;     // finished; the last byte is no newline where VEOF ended one
    std::vector<u8> unfinished;             // and lines finished while the terminal changed hands, each with its newline
};

class HostTerminal {
public:
    virtual ~HostTerminal() = default;
    virtual bool taken() const = 0;
    virtual int takeKeys(TypedAhead&) = 0;  // once; 0, or -errno where the host refuses
    // Output processing stays with the host: c_oflag of termios(3), used once the keys are taken.
    virtual void setOutputModes(u32 c_oflag) = 0;
    // Keys that were typed, at most to.size(); 0: none within `wait_ns` of host time, of which it leaves what was not waited;
    // -EIO: the terminal is gone. Ends early when a signal arrives. Without takeKeys, or room, it only waits. look: how often this
    // was called before, which is the same in every run with the same input.
    virtual long keys(u64 look, std::span<u8> to, u64& wait_ns) = 0;
    // A signal that the host's line discipline sent meanwhile: SIGINT, SIGQUIT or SIGWINCH; 0: none.
    virtual int takeSignal() = 0;
    virtual void size(u16& rows, u16& columns) = 0;             // at boot, and after SIGWINCH
    virtual long write(std::span<const u8> from) = 0;           // echo; bytes or -errno
};

// drivers/tty/host_terminal.cpp
extern u64 terminal_check_at;               // the instruction count at which checkTerminal is due; ~0: there is no terminal
void checkTerminal();                       // takes in what was typed meanwhile
bool waitForTerminal(u64 until);            // the idle task: true when something came before that virtual time (ns; ~0: none)

}  // namespace kernel
