// Whether the two sides agree, and what to say when they do not.
#pragma once

#include "tests/lockstep/insnfuzz/host.hpp"
#include "tests/lockstep/insnfuzz/instruction.hpp"
#include "tests/lockstep/insnfuzz/policy.hpp"

namespace insnfuzz {

struct Sides {
    const cpu::Registers& before;
    const Outcome& host;
    const Outcome& model;
    const u8* memoryBefore;     // DATA_SIZE each
    const u8* hostMemory;
    const u8* modelMemory;
};

// Empty: they agree. Otherwise one line for each difference.
enum class Compared : u8 { general, everything };       // without or with x87, MXCSR and vectors
std::string registerDifferences(const Undefined& undefined, const cpu::Registers& host, const cpu::Registers& model, Compared compared);
std::string differences(const Instruction& insn, const Sides& sides);
// The state before, for a report.
std::string describe(const Instruction& insn, const Sides& sides);

}  // namespace insnfuzz
