// What is not run natively and why, and which results the SDM leaves undefined.
#pragma once

#include "cpu/lower.hpp"

namespace insnfuzz {

// Why instructions of this mnemonic are not compared, or null.
const char* excluded(ZydisMnemonic mnemonic);
const char* excluded(const cpu::Decoded& decoded);      // this one, for its operands, or because this host lacks it

struct Undefined {
    u64 flags = 0;
    u16 gpr = 0;                // one bit per register
    bool memory = false;        // the memory operand
    double vectorError = 0;     // relative, of 32-bit floating-point lanes; 0: exact
};
Undefined undefinedBy(const cpu::Decoded& decoded, const cpu::Registers& before);

}  // namespace insnfuzz
