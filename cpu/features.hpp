// What the modelled processor has at each level of the psABI ("Micro-architecture levels"), declared once: what lowers to #UD,
// what CPUID and /proc/cpuinfo say, what the host must have.
#pragma once

#include "traces/types.hpp"

#include <span>
#include <string_view>

namespace cpu {

enum class Level : u8 { v1, v2, v3 };
constexpr Level LEVELS[] = {Level::v1, Level::v2, Level::v3};
std::string_view levelName(Level level);        // x86-64-v1

enum class CpuidRegister : u8 { eax, ebx, ecx, edx };
struct FeatureInfo {
    std::string_view name;                      // as in /proc/cpuinfo, if it is there
    Level since;
    u32 leaf, subleaf;
    CpuidRegister output;
    u8 bit;
    bool onHost;                                // handlers execute the host's instructions
    std::span<const u16> sets;                  // ZydisISASet of its instructions
    bool unnamed = false;                       // Linux has no name for it
};
std::span<const FeatureInfo> features();

// Whether the level has the instructions of a ZydisISASet. FSGSBASE needs the kernel's leave, too (Core::fsgsbase).
bool hasInstructions(Level level, u16 isa_set);
u32 cpuidFeatures(Level level, u32 leaf, u32 subleaf, CpuidRegister output);

// What this level needs of the host and the host lacks, or empty.
std::string_view missingOnHost(Level level);

}  // namespace cpu
