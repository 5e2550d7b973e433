// What CPUID says: the modelled processor (features.hpp), never the host.
#pragma once

#include "cpu/features.hpp"

namespace cpu {

struct CpuidResult {
    u32 eax, ebx, ecx, edx;
};
CpuidResult cpuidLeaf(const ProcessorModel& model, u32 leaf, u32 subleaf);

// CPUID.01H:EAX of the level: family, model, stepping as there. A processor of its age, so that programs expect what it has.
struct Signature {
    u32 family, model, stepping;
};
Signature signature(Level level);
const char* brandName(Level level);

}  // namespace cpu
