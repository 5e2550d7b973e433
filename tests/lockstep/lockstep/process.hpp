// One process or thread of the program beside its model, compared after every instruction.
#pragma once

#include "cpu/lower.hpp"
#include "tests/lockstep/lockstep/mirror.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace lockstep {

using cpu::Registers;
using cpu::Trap;

struct Settings {
    cpu::Level level = cpu::Level::v3;
    u64 limit = ~u64{0}, every = 256;       // vectors are compared when touched, and every so many instructions
    u64 inject = 0;                         // after so many instructions the model's result is spoiled; 0: never
    std::vector<std::string> command;
};

struct Known {
    u8 bytes[15];
    cpu::Decoded decoded;
    bool vectors, repeated, valid;
};

enum class State : u8 { runs, waits, ended, different };      // waits: in a system call

class Process {
public:
    explicit Process(const Settings& settings) : settings_(settings), traced_(settings.command), mirror_(traced_, settings.level) {
        adopt();
    }
    Process(const Settings& settings, pid_t forked) : settings_(settings), traced_(forked), mirror_(traced_, settings.level) { adopt(); }

    // Until it waits or ends, or has executed so many instructions; alone: it waits here. Children are added to forked.
    State run(u64 limit, bool alone, std::vector<pid_t>& forked);
    // Others have run since, and may have changed its memory: a thread's, or shared mappings.
    void comeBack();
    State state() const { return state_; }
    u64 count() const { return count_; }
    u64 systemCalls() const { return systemCalls_; }
    int status() const { return status_; }

private:
    const Known& instruction();
    bool one();                     // false: the program has ended
    bool systemCall();
    bool returned(bool alone, std::vector<pid_t>& forked);       // false: the system call has not
    bool stoppedSoon(Traced::Stop& stop);
    bool isInterrupted();
    void finishSystemCall();
    bool native(const Known& insn, const Trap& trap, const Registers& before);
    void setStates(u64 mask);
    bool takeSaved(const Known& insn, const Registers& before);
    bool faulted(const Known& insn, const Trap& trap, const Registers& before, const Traced::Stop& stop);
    bool compare(const Known& insn, const Trap& trap, const Registers& before);
    void adopt();
    bool enterHandler(int signal);
    bool ended(const Traced::Stop& stop);
    bool differ(const Known& insn, const Registers& before, const std::string& what);

    const Settings& settings_;
    Traced traced_;
    Mirror mirror_;
    std::unordered_map<u64, Known> known_;
    u64 count_ = 0, systemCalls_ = 0;
    int pending_ = 0;               // a signal to be delivered with the next step
    int delivered_ = 0;             // in the present system call
    int status_ = 0;
    State state_ = State::runs;
};

}  // namespace lockstep
