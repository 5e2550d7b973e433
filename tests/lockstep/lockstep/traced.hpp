// The program as this machine runs it: one process under ptrace, one instruction at a time.
#pragma once

#include "cpu/state.hpp"

#include <string>
#include <vector>

#include <csignal>
#include <sys/types.h>

namespace lockstep {

struct Region {
    u64 start, end;
    bool read, write, execute;
};

class Traced {
public:
    explicit Traced(const std::vector<std::string>& command);      // stopped at its first instruction; throws Skip, std::runtime_error
    ~Traced();
    Traced(const Traced&) = delete;

    struct Stop {
        bool ended = false;         // by exit or by a signal: status as waitpid gives it
        int signal = 0, status = 0;
        siginfo_t info{};
    };
    Stop step(int signal);          // PTRACE_SINGLESTEP
    void general(cpu::Registers& r);        // general registers, rip, rflags, bases
    void vectors(cpu::Registers& r);        // x87, MXCSR, XMM, YMM
    void set(const cpu::Registers& r);      // general registers and rip
    bool read(u64 address, void* to, u64 size);
    void write(u64 address, u64 word);
    std::vector<Region> regions();
    // After exec: CPUID faults (arch_prctl ARCH_CPUID), so that it can be answered as the model does, and no vDSO.
    void prepare();

private:
    void hideVdso(u64 stack);
    long inject(u64 number, u64 first, u64 second);
    pid_t pid_ = 0;
};

struct Skip {
    std::string reason;
};

}  // namespace lockstep
