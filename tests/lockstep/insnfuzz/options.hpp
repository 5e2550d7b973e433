// The command line of insnfuzz, and what a run has found.
#pragma once

#include "tests/lockstep/insnfuzz/instruction.hpp"

#include <map>
#include <set>
#include <stdexcept>

namespace insnfuzz {

struct Options {
    static constexpr u64 STATES = 32;           // cases of one instruction

    Options(int argc, char** argv);             // throws std::runtime_error
    u64 seed = 1, cases = 1'000'000, first = 0;
    cpu::Level level = cpu::Level::v3;
    std::string levelText = "v3";
    ZydisMnemonic only = ZYDIS_MNEMONIC_INVALID, inject = ZYDIS_MNEMONIC_INVALID;
    bool failUnsupported = false, alignmentCheck = false, keepGoing = false;
    std::string coverage, findings;             // paths, or empty
};

struct Counts {
    u64 passed = 0, trapped = 0, unsupported = 0, different = 0;    // trapped: passed, and raised an exception
};

class Coverage {
public:
    void begin(const Instruction& insn) {
        now_ = &counts_[mnemonicName(insn.mnemonic)][insn.inLevel || !insn.valid ? insn.form : "#UD at this level"];
    }
    void passed(const Instruction&, const cpu::Trap& trap) {
        ++now_->passed;
        now_->trapped += trap.kind != cpu::Trap::Kind::limit;
    }
    void speaks(const char* dialect) { ++dialects_[dialect]; }
    void unsupported(const Instruction&) { ++now_->unsupported; }
    void differs(const Instruction& insn, const std::string& text, const Options& options);
    bool stop(const Options& options) const { return different_ && !options.keepGoing; }
    int finish(const Options& options, const Generator& generator, double seconds) const;      // the exit status

private:
    std::map<std::string, std::map<std::string, Counts>> counts_;
    std::map<std::string, u64> findings_, dialects_;
    Counts* now_ = nullptr;
    u64 different_ = 0;
};

}  // namespace insnfuzz
