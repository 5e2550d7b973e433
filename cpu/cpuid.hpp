// What CPUID says: the modelled processor, never the host's. Level x86-64-v1 (psABI, "Micro-architecture levels").
#pragma once

#include "traces/types.hpp"

namespace cpu {

struct CpuidResult {
    u32 eax, ebx, ecx, edx;
};
CpuidResult cpuidLeaf(u32 leaf, u32 subleaf);

// CPUID.01H:EDX, which Linux passes on as AT_HWCAP.
u32 cpuidFeatures();

}  // namespace cpu
