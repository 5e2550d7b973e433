// What CPUID says: the modelled processor at its level (features.hpp), never the host.
#pragma once

#include "cpu/features.hpp"

namespace cpu {

struct CpuidResult {
    u32 eax, ebx, ecx, edx;
};
CpuidResult cpuidLeaf(Level level, u32 leaf, u32 subleaf);

// CPUID.01H:EAX of the level: family, model, stepping as there. A processor of its age, so that programs expect what it has.
struct Signature {
    u32 family, model, stepping;
};
Signature signature(Level level);
const char* brandName(Level level);

// XSAVE's state components (SDM Vol. 1 §13.1): XCR0, and bytes of an area with them in the standard format.
constexpr u64 XSTATE_X87 = 1, XSTATE_SSE = 2, XSTATE_YMM = 4, XCR0 = XSTATE_X87 | XSTATE_SSE | XSTATE_YMM;
constexpr u32 XSAVE_HEADER_AT = 512, XSAVE_YMM_AT = 576, XSAVE_YMM_BYTES = 256, XSAVE_BYTES = XSAVE_YMM_AT + XSAVE_YMM_BYTES;

}  // namespace cpu
