// A process of the program as this machine runs it: under ptrace, one instruction at a time.
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
    explicit Traced(pid_t forked);                                  // Stop::child: stopped behind the fork
    ~Traced();
    Traced(const Traced&) = delete;

    struct Stop {
        bool ended = false;         // by exit or by a signal: status as waitpid gives it
        int signal = 0, status = 0;
        pid_t child = 0;            // its new process or thread; the system call goes on when it is resumed
        siginfo_t info{};
    };
    Stop step(int signal);          // resume() and wait()
    void resume(int signal);        // PTRACE_SINGLESTEP
    Stop wait();
    bool hasStopped(Stop& stop);    // wait(), if it would not block
    void general(cpu::Registers& r);        // general registers, rip, rflags, bases
    void vectors(cpu::Registers& r);        // x87, MXCSR, XMM, YMM
    void set(const cpu::Registers& r);      // general registers and rip
    bool read(u64 address, void* to, u64 size);
    void write(u64 address, u64 word);
    std::vector<Region> regions();
    void hideVdso();                // after exec

private:
    Stop stopped(int status);
    pid_t pid_ = 0;
};

struct Skip {
    std::string reason;
};

}  // namespace lockstep
