// What the modelled processor has at each level of the psABI ("Micro-architecture levels") and what can be added to it, declared
// once: what lowers to #UD, what CPUID and /proc/cpuinfo say, what the host must have, what --cpu takes.
#pragma once

#include "traces/types.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cpu {

enum class Level : u8 { v1, v2, v3 };
constexpr Level LEVELS[] = {Level::v1, Level::v2, Level::v3};
std::string_view levelName(Level level);        // x86-64-v1

// A processor: all that its level has, and the features beyond it that were chosen, or that the kernel switched on.
struct ProcessorModel {
    Level level = Level::v3;
    u64 extras = 0;                             // bit i: features()[i]
    ProcessorModel() = default;
    ProcessorModel(Level whole) : level(whole) {}
};

enum class CpuidRegister : u8 { eax, ebx, ecx, edx };
enum class Given : u8 { byLevel, byChoice, byKernel };      // who decides whether a processor has it
struct FeatureInfo {
    std::string_view name;                      // as in /proc/cpuinfo, if it is there
    Level since;
    u32 leaf, subleaf;
    CpuidRegister output;
    u8 bit;
    bool onHost;                                // handlers execute the host's instructions
    std::span<const u16> sets;                  // ZydisISASet of its instructions
    bool unnamed = false;                       // Linux has no name for it
    Given given = Given::byLevel;               // else: from level `since` on it can be added
};
std::span<const FeatureInfo> features();
bool has(const ProcessorModel& model, const FeatureInfo& feature);      // one of features()
bool has(const ProcessorModel& model, std::string_view feature);
void setFeature(ProcessorModel& model, std::string_view feature, bool on);     // one that no level decides

// LEVEL[+FEATURE]..., the level with or without "x86-64-". Without a model, `error` says what is wrong and what there is.
struct ParsedModel {
    std::optional<ProcessorModel> model;
    std::string error;
};
ParsedModel parseModel(std::string_view text);
std::string modelName(const ProcessorModel& model);     // as parseModel takes it, the level in full
std::string modelSyntax();                              // v1|v2|v3[+FEATURE]

// Whether the processor, or any that can be chosen, has the instructions of a ZydisISASet. FSGSBASE needs the kernel's leave,
// too (Core::fsgsbase).
bool hasInstructions(const ProcessorModel& model, u16 isa_set);
bool knowsInstructions(u16 isa_set);
std::array<u32, 4> cpuidFeatures(const ProcessorModel& model, u32 leaf, u32 subleaf);    // bits of eax, ebx, ecx and edx

// What this processor needs of the host and the host lacks, or empty.
std::string_view missingOnHost(const ProcessorModel& model);

}  // namespace cpu
