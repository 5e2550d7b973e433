// A random state for an instruction to run from: corner cases, and addresses that mostly lead into DATA.
#pragma once

#include "tests/lockstep/insnfuzz/instruction.hpp"

namespace insnfuzz {

struct StateOptions {
    bool alignmentCheck = false;        // sets EFLAGS.AC now and then
};

// memory: DATA_SIZE bytes, changed only around what the instruction accesses. False: an address is the harness's own.
bool randomState(const Instruction& insn, const StateOptions& options, Random& random, cpu::Registers& r, u8* memory);
void fillMemory(Random& random, u8* memory, u64 size);

}  // namespace insnfuzz
