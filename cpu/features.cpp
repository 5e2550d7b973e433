#include "cpu/features.hpp"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>
#include <cpuid.h>
#define _Bool bool      // the header is C
#include <sys/platform/x86.h>
#undef _Bool

namespace cpu {

namespace {

constexpr CpuidRegister EAX = CpuidRegister::eax, EBX = CpuidRegister::ebx, ECX = CpuidRegister::ecx, EDX = CpuidRegister::edx;
constexpr bool OURS = false, HOST = true, NAMED = false, UNNAMED = true;

template <ZydisISASet... sets> constexpr std::array<u16, sizeof...(sets)> of{sets...};

// CPUID (SDM Vol. 2). What user mode cannot see (paging, machine checks) is named only as far as real programs look for it.
constexpr FeatureInfo table[] = {
    {"fpu", Level::v1, 1, 0, EDX, 0, OURS, of<ZYDIS_ISA_SET_X87, ZYDIS_ISA_SET_FCMOV>},
    {"tsc", Level::v1, 1, 0, EDX, 4, OURS, {}},
    {"msr", Level::v1, 1, 0, EDX, 5, OURS, {}},
    {"pae", Level::v1, 1, 0, EDX, 6, OURS, {}},
    {"cx8", Level::v1, 1, 0, EDX, 8, OURS, {}},
    {"pge", Level::v1, 1, 0, EDX, 13, OURS, {}},
    {"cmov", Level::v1, 1, 0, EDX, 15, OURS, of<ZYDIS_ISA_SET_CMOV>},
    {"clflush", Level::v1, 1, 0, EDX, 19, OURS, of<ZYDIS_ISA_SET_CLFSH>},
    {"mmx", Level::v1, 1, 0, EDX, 23, OURS, of<ZYDIS_ISA_SET_PENTIUMMMX>},
    {"fxsr", Level::v1, 1, 0, EDX, 24, OURS, of<ZYDIS_ISA_SET_FXSAVE, ZYDIS_ISA_SET_FXSAVE64>},
    {"sse", Level::v1, 1, 0, EDX, 25, OURS, of<ZYDIS_ISA_SET_SSE, ZYDIS_ISA_SET_SSEMXCSR, ZYDIS_ISA_SET_SSE_PREFETCH>},
    {"sse2", Level::v1, 1, 0, EDX, 26, OURS, of<ZYDIS_ISA_SET_SSE2, ZYDIS_ISA_SET_SSE2MMX>},
    {"syscall", Level::v1, 0x80000001, 0, EDX, 11, OURS, {}},
    {"nx", Level::v1, 0x80000001, 0, EDX, 20, OURS, {}},
    {"rdtscp", Level::v2, 0x80000001, 0, EDX, 27, OURS, of<ZYDIS_ISA_SET_RDTSCP>},
    {"lm", Level::v1, 0x80000001, 0, EDX, 29, OURS, {}},
    {"pni", Level::v2, 1, 0, ECX, 0, HOST, of<ZYDIS_ISA_SET_SSE3, ZYDIS_ISA_SET_SSE3X87>},
    {"pclmulqdq", Level::v3, 1, 0, ECX, 1, HOST, of<ZYDIS_ISA_SET_PCLMULQDQ>},
    {"ssse3", Level::v2, 1, 0, ECX, 9, HOST, of<ZYDIS_ISA_SET_SSSE3, ZYDIS_ISA_SET_SSSE3MMX>},
    {"fma", Level::v3, 1, 0, ECX, 12, HOST, of<ZYDIS_ISA_SET_FMA>},
    {"cx16", Level::v2, 1, 0, ECX, 13, OURS, of<ZYDIS_ISA_SET_CMPXCHG16B>},
    {"sse4_1", Level::v2, 1, 0, ECX, 19, HOST, of<ZYDIS_ISA_SET_SSE4>},
    {"sse4_2", Level::v2, 1, 0, ECX, 20, HOST, of<ZYDIS_ISA_SET_SSE42>},
    {"movbe", Level::v3, 1, 0, ECX, 22, OURS, of<ZYDIS_ISA_SET_MOVBE>},
    {"popcnt", Level::v2, 1, 0, ECX, 23, OURS, of<ZYDIS_ISA_SET_POPCNT>},
    {"aes", Level::v3, 1, 0, ECX, 25, HOST, of<ZYDIS_ISA_SET_AES, ZYDIS_ISA_SET_AVXAES>},
    {"xsave", Level::v3, 1, 0, ECX, 26, OURS, of<ZYDIS_ISA_SET_XSAVE>},
    {"osxsave", Level::v3, 1, 0, ECX, 27, OURS, {}, UNNAMED},
    {"avx", Level::v3, 1, 0, ECX, 28, HOST, of<ZYDIS_ISA_SET_AVX>},
    {"f16c", Level::v3, 1, 0, ECX, 29, HOST, of<ZYDIS_ISA_SET_F16C>},
    {"rdrand", Level::v3, 1, 0, ECX, 30, OURS, of<ZYDIS_ISA_SET_RDRAND>},
    {"lahf_lm", Level::v2, 0x80000001, 0, ECX, 0, OURS, of<ZYDIS_ISA_SET_LAHF>},
    {"abm", Level::v3, 0x80000001, 0, ECX, 5, OURS, of<ZYDIS_ISA_SET_LZCNT>},
    {"3dnowprefetch", Level::v3, 0x80000001, 0, ECX, 8, OURS, {}},
    {"xsaveopt", Level::v3, 0xd, 1, EAX, 0, OURS, of<ZYDIS_ISA_SET_XSAVEOPT>},
    {"xsavec", Level::v3, 0xd, 1, EAX, 1, OURS, of<ZYDIS_ISA_SET_XSAVEC>},
    {"xgetbv1", Level::v3, 0xd, 1, EAX, 2, OURS, {}},
    {"xsaves", Level::v3, 0xd, 1, EAX, 3, OURS, of<ZYDIS_ISA_SET_XSAVES>},
    {"fsgsbase", Level::v3, 7, 0, EBX, 0, OURS, of<ZYDIS_ISA_SET_RDWRFSGS>},
    {"bmi1", Level::v3, 7, 0, EBX, 3, OURS, of<ZYDIS_ISA_SET_BMI1>},
    {"avx2", Level::v3, 7, 0, EBX, 5, HOST, of<ZYDIS_ISA_SET_AVX2, ZYDIS_ISA_SET_AVX2GATHER>},
    {"fdp_excptn_only", Level::v3, 7, 0, EBX, 6, OURS, {}, UNNAMED},        // x87's FDP is kept for unmasked exceptions only
    {"bmi2", Level::v3, 7, 0, EBX, 8, OURS, of<ZYDIS_ISA_SET_BMI2>},
    {"erms", Level::v3, 7, 0, EBX, 9, OURS, {}},
    {"zero_fcs_fds", Level::v2, 7, 0, EBX, 13, OURS, {}, UNNAMED},          // x87's FCS and FDS are 0
    {"rdseed", Level::v3, 7, 0, EBX, 18, OURS, of<ZYDIS_ISA_SET_RDSEED>},
    {"adx", Level::v3, 7, 0, EBX, 19, OURS, of<ZYDIS_ISA_SET_ADOX_ADCX>},
    {"sha_ni", Level::v3, 7, 0, EBX, 29, OURS, of<ZYDIS_ISA_SET_SHA>},
    {"rdpid", Level::v3, 7, 0, ECX, 22, OURS, of<ZYDIS_ISA_SET_RDPID>},
    {"pku", Level::v3, 7, 0, ECX, 3, OURS, {}, NAMED, Given::byChoice},
    {"ospke", Level::v3, 7, 0, ECX, 4, OURS, of<ZYDIS_ISA_SET_PKU>, NAMED, Given::byKernel},
};
static_assert(std::size(table) <= 64, "ProcessorModel::extras");

// Of every x86-64 processor; also what decodes as a NOP where it means nothing.
constexpr u16 ALWAYS[] = {
    ZYDIS_ISA_SET_I86, ZYDIS_ISA_SET_I186, ZYDIS_ISA_SET_I286PROTECTED, ZYDIS_ISA_SET_I286REAL, ZYDIS_ISA_SET_I386, ZYDIS_ISA_SET_I486,
    ZYDIS_ISA_SET_I486REAL, ZYDIS_ISA_SET_PENTIUMREAL, ZYDIS_ISA_SET_PPRO, ZYDIS_ISA_SET_LONGMODE, ZYDIS_ISA_SET_FAT_NOP, ZYDIS_ISA_SET_PAUSE,
    ZYDIS_ISA_SET_PREFETCH_NOP, ZYDIS_ISA_SET_PREFETCHWT1, ZYDIS_ISA_SET_RDPMC,
};

// The feature that brings a set: its place in the table, or one of these.
constexpr u8 OF_EVERY_PROCESSOR = 0xff, UNKNOWN_SET = 0xfe;
using SetTable = std::array<u8, ZYDIS_ISA_SET_MAX_VALUE + 1>;
constexpr SetTable sets = [] {
    SetTable made{};
    for (u8& feature : made) feature = UNKNOWN_SET;
    for (u16 set : ALWAYS) made[set] = OF_EVERY_PROCESSOR;
    for (u8 i = 0; i < std::size(table); ++i)
        for (u16 set : table[i].sets) made[set] = i;
    return made;
}();
constexpr u8 featureOf(u16 set) { return set < sets.size() ? sets[set] : UNKNOWN_SET; }

const FeatureInfo* find(std::string_view name) {
    for (const FeatureInfo& feature : table)
        if (feature.name == name) return &feature;
    return nullptr;
}
constexpr std::string_view PREFIX = "x86-64-";

// What the host's CPUID says. The C library asked it at its start and keeps the answers; under a hypervisor each question costs
// as much as a hundred instructions of the guest.
struct HostLeaf {
    u32 leaf, subleaf;
    unsigned output[4]{};
    HostLeaf(u32 leaf_, u32 subleaf_) : leaf(leaf_), subleaf(subleaf_) {
        const int kept = leaf == 1                 ? CPUID_INDEX_1 :
                         leaf == 7 && subleaf == 0 ? CPUID_INDEX_7 :
                         leaf == 0x80000001        ? CPUID_INDEX_80000001 :
                                                     -1;
        if (kept >= 0) std::ranges::copy(__x86_get_cpuid_feature_leaf(static_cast<unsigned>(kept))->cpuid_array, output);
        else __get_cpuid_count(leaf, subleaf, output, output + 1, output + 2, output + 3);
    }
};

// The host's kernel saves the upper halves of the registers (SDM Vol. 1 §14.3).
bool hostSavesYmm() {
    if (!(HostLeaf(1, 0).output[2] >> 27 & 1)) return false;
    u32 low, high;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6;
}

}  // namespace

std::string_view levelName(Level level) {
    constexpr std::string_view names[] = {"x86-64-v1", "x86-64-v2", "x86-64-v3"};
    return names[static_cast<unsigned>(level)];
}

std::span<const FeatureInfo> features() { return table; }

bool has(const ProcessorModel& model, const FeatureInfo& feature) {
    if (feature.given == Given::byLevel) return feature.since <= model.level;
    return model.extras >> (&feature - table) & 1;
}
bool has(const ProcessorModel& model, std::string_view feature) {
    const FeatureInfo* found = find(feature);
    return found && has(model, *found);
}
void setFeature(ProcessorModel& model, std::string_view feature, bool on) {
    const FeatureInfo* found = find(feature);
    if (!found || found->given == Given::byLevel) return;
    const u64 bit = u64{1} << (found - table);
    model.extras = on ? model.extras | bit : model.extras & ~bit;
}

std::string modelSyntax() {
    std::string text;
    for (Level level : LEVELS) text += (text.empty() ? "" : "|") + std::string(levelName(level).substr(PREFIX.size()));
    for (const FeatureInfo& f : table)
        if (f.given == Given::byChoice) text += "[+" + std::string(f.name) + "]";
    return text;
}

std::string modelName(const ProcessorModel& model) {
    std::string text(levelName(model.level));
    for (const FeatureInfo& f : table)
        if (f.given == Given::byChoice && has(model, f)) text += "+" + std::string(f.name);
    return text;
}

ParsedModel parseModel(std::string_view text) {
    const auto wrong = [](std::string what) { return ParsedModel{std::nullopt, what + "; a processor is " + modelSyntax()}; };
    const std::string_view name = text.substr(0, text.find('+'));
    std::optional<ProcessorModel> model;
    for (Level level : LEVELS)
        if (name == levelName(level) || name == levelName(level).substr(PREFIX.size())) model = level;
    if (!model) return wrong("no level '" + std::string(name) + "'");
    for (std::size_t plus = name.size(); plus < text.size();) {
        const std::size_t end = std::min(text.find('+', plus + 1), text.size());
        const std::string feature(text.substr(plus + 1, end - plus - 1));
        const FeatureInfo* found = find(feature);
        if (!found || found->given != Given::byChoice) return wrong("no feature '" + feature + "' to add");
        if (model->level < found->since) return wrong(feature + " needs " + std::string(levelName(found->since)));
        setFeature(*model, feature, true);
        plus = end;
    }
    return {model, ""};
}

bool knowsInstructions(u16 isa_set) { return featureOf(isa_set) != UNKNOWN_SET; }
bool hasInstructions(const ProcessorModel& model, u16 isa_set) {
    const u8 feature = featureOf(isa_set);
    return feature == OF_EVERY_PROCESSOR || (feature != UNKNOWN_SET && has(model, table[feature]));
}

std::array<u32, 4> cpuidFeatures(const ProcessorModel& model, u32 leaf, u32 subleaf) {
    std::array<u32, 4> outputs{};
    for (const FeatureInfo& f : table)
        if (f.leaf == leaf && f.subleaf == subleaf && has(model, f)) outputs[static_cast<unsigned>(f.output)] |= 1u << f.bit;
    return outputs;
}

std::string_view missingOnHost(const ProcessorModel& model) {
    HostLeaf host(1, 0);        // asked as rarely as can be: under a hypervisor each CPUID leaves the guest
    for (const FeatureInfo& f : table) {
        if (!f.onHost || !has(model, f)) continue;
        if (host.leaf != f.leaf || host.subleaf != f.subleaf) host = HostLeaf(f.leaf, f.subleaf);
        if (!(host.output[static_cast<unsigned>(f.output)] >> f.bit & 1)) return f.name;
    }
    return model.level < Level::v3 || hostSavesYmm() ? "" : "osxsave";
}

}  // namespace cpu
