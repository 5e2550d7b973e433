// What is not run natively and why, and which results the SDM leaves undefined.
#pragma once

#include "cpu/lower.hpp"

#include <string>

namespace insnfuzz {

bool hostIsAmd();
std::string hostName();         // as CPUID says

// Why instructions of this mnemonic are not compared, or null.
const char* excluded(ZydisMnemonic mnemonic);
const char* excluded(const cpu::Decoded& decoded);      // this one, for its operands, or because this host lacks it

// TZCNT and LZCNT where the level lacks them: the host executes them instead of BSF and BSR.
bool excludedAt(cpu::Level level, const ZydisDecodedInstruction& insn);

struct Undefined {
    u64 flags = 0;
    u16 gpr = 0;                // one bit per register
    bool memory = false;        // the memory operand
    bool x87 = false;           // the FPU's state
    u16 x87Status = 0;          // bits of its status word
    unsigned x87Ulps = 0;       // by which its registers may differ
    u32 mxcsr = 0;              // flags
    bool anyFault = false;      // which of several exceptions comes first
    u64 faultAddress = 0;       // bytes by which the address of a #PF may differ: any byte of the operand may be it
    double vectorError = 0;     // relative, of 32-bit floating-point lanes; 0: exact
};
// trap: what the host did.
Undefined undefinedBy(const cpu::Decoded& decoded, const cpu::Registers& before, const cpu::Trap& trap, const cpu::Registers& after);

}  // namespace insnfuzz
