// Why Cpu::run returned. The cpu reports a trap by returning it; what it means is the kernel's business.
#pragma once

#include "traces/types.hpp"

namespace cpu {

// Exception vectors (SDM Vol. 3 §6.3.1).
enum Vector : u8 {
    VECTOR_DE = 0, VECTOR_DB = 1, VECTOR_BP = 3, VECTOR_OF = 4, VECTOR_BR = 5, VECTOR_UD = 6, VECTOR_NM = 7,
    VECTOR_SS = 12, VECTOR_GP = 13, VECTOR_PF = 14, VECTOR_MF = 16, VECTOR_AC = 17, VECTOR_XM = 19,
};

// Page-fault error code bits (SDM Vol. 3 §4.7).
constexpr u32 PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_INSTRUCTION = 16, PF_PROTECTION_KEY = 32;

struct Trap {
    enum class Kind : u8 {
        limit,        // the instruction limit was reached; rip is the next instruction
        syscall,      // SYSCALL executed: rip is after it, rcx = rip, r11 = rflags (SDM Vol. 2 SYSCALL)
        interrupt,    // INT n with a user gate: vector says which (0x80); rip is after it
        exception,    // a fault (rip at the instruction) or trap (#BP, #OF, #DB: rip after it)
    };
    Kind kind = Kind::limit;
    u8 vector = 0;
    u32 error_code = 0;
    u64 address = 0;            // #PF: CR2
    bool unsupported = false;   // #UD because execscope lacks the instruction, not because the processor would refuse it
};

}  // namespace cpu
