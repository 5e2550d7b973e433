// What the processor has done since the program started, for `run --stats` and `survey`: counted where something is made, never
// per instruction.
#pragma once

#include "traces/types.hpp"

#include <string>
#include <vector>

namespace cpu {

struct Statistics {
    u64 blocks = 0;                 // built
    u64 lowered = 0, decoded = 0;   // instructions put into blocks; those of them that Zydis had to decode
    u64 code_bytes = 0;             // of the host's memory for blocks that were built
    u64 tlb_fills = 0;
};
extern Statistics statistics;

// The instruction set extensions (Intel XED's names: SSE2, AVX2, BMI1) of the instructions that were decoded so far, by name.
// base: what every x86-64 processor has beside SSE and SSE2. forms: instructions that Zydis decoded, not executions: one of each shape, or
// a few.
struct ExtensionUse {
    std::string name;
    u64 forms = 0;
    bool base = false;
    bool lacking = false;           // the modelled processor does not have it: #UD
};
std::vector<ExtensionUse> extensionsUsed();
void noteExtension(unsigned isa_set, bool lacking);     // ZydisISASet

}  // namespace cpu
