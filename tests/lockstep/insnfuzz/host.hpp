// One instruction executed by this machine's processor, from a whole state to a whole state.
#pragma once

#include "cpu/features.hpp"
#include "cpu/state.hpp"
#include "cpu/trap.hpp"
#include "tests/lockstep/insnfuzz/layout.hpp"

#include <span>

namespace insnfuzz {

struct Outcome {
    cpu::Registers after;
    cpu::Trap trap;         // Kind::limit: the instruction completed
};

// At most one object at a time: it owns the addresses of layout.hpp and the handlers of SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS.
class Host {
public:
    explicit Host(cpu::Level level);                                             // throws std::runtime_error
    u8* data() { return reinterpret_cast<u8*>(DATA); }  // WRITABLE_PAGES of it
    u8* allData() { return data_; }                     // all of it, through a writable alias
    const u8* code() const { return code_; }

    // The instruction lies at CODE + offset; what does not fit into the page is lost.
    void place(std::span<const u8> instruction, u64 offset);
    void run(const cpu::Registers& before, bool breakpoint, Outcome& out);      // breakpoint: INT3 and INT n are themselves

private:
    u8* code_ = nullptr;        // writable aliases
    u8* data_ = nullptr;
    cpu::Level level_;
    u64 at_ = 0;
    u64 end_ = 0;
};

}  // namespace insnfuzz
