#include "cpu/cpuid.hpp"

#include "cpu/xstate.hpp"

#include <cstring>

namespace cpu {

namespace {

constexpr const char* BRANDS[] = {"execscope modelled x86-64-v1 processor", "execscope modelled x86-64-v2 processor",
                                  "execscope modelled x86-64-v3 processor"};
constexpr Signature SIGNATURES[] = {{6, 15, 2}, {6, 26, 5}, {6, 60, 3}};   // those of Merom, Nehalem, Haswell
constexpr u32 HIGHEST[] = {4, 0xb, 0xd};

u32 word(const char* text, unsigned at) {
    u32 value;
    std::memcpy(&value, text + at, 4);
    return value;
}
CpuidResult brand(Level level, unsigned part) {
    char text[48]{};
    std::strncpy(text, brandName(level), sizeof text - 1);
    return {word(text, 16 * part), word(text, 16 * part + 4), word(text, 16 * part + 8), word(text, 16 * part + 12)};
}

// Deterministic cache parameters (leaf 4): 64-byte lines.
CpuidResult cache(u32 type, u32 level, u32 ways, u32 sets) {
    return {type | level << 5 | 1u << 8, 63u | (ways - 1) << 22, sets - 1, 0};
}
CpuidResult caches(u32 subleaf) {
    switch (subleaf) {
        case 0: return cache(1, 1, 8, 64);          // 32 KiB data
        case 1: return cache(2, 1, 8, 64);          // 32 KiB instructions
        case 2: return cache(3, 2, 8, 1024);        // 512 KiB
        case 3: return cache(3, 3, 16, 8192);       // 8 MiB
        default: return {0, 0, 0, 0};
    }
}

// Leaf 0DH: sizes and places of the state that XSAVE saves, as XCR0 is and at most.
CpuidResult saved(const ProcessorModel& model, u32 subleaf) {
    const u64 enabled = xcr0Of(model), most = enabled | (has(model, "pku") ? XSTATE_PKRU : 0);
    switch (subleaf) {
        case 0: return {static_cast<u32>(most), xsaveBytes(enabled), xsaveBytes(most), 0};
        case 1: return {0, compactedPkruAt(enabled) + (enabled & XSTATE_PKRU ? XSAVE_PKRU_BYTES : 0), 0, 0};
        case 2: return {XSAVE_YMM_BYTES, XSAVE_YMM_AT, 0, 0};
        case 9: return most & XSTATE_PKRU ? CpuidResult{XSAVE_PKRU_BYTES, XSAVE_PKRU_AT, 0, 0} : CpuidResult{0, 0, 0, 0};
        default: return {0, 0, 0, 0};
    }
}

u32 packed(Signature s) { return (s.model >> 4) << 16 | s.family << 8 | (s.model & 15) << 4 | s.stepping; }

// Without the feature bits.
CpuidResult plain(const ProcessorModel& model, u32 leaf, u32 subleaf) {
    const Level level = model.level;
    switch (leaf) {
        case 0: return {HIGHEST[static_cast<unsigned>(level)], word("Genu", 0), word("ntel", 0), word("ineI", 0)};
        case 1: return {packed(signature(level)), 8u << 8 | 1u << 16, 0, 0};    // CLFLUSH line 64, one logical processor, APIC id 0
        case 2: return {0x00feff01, 0, 0, 0};       // descriptor FF: see leaf 4
        case 4: return caches(subleaf);
        case 0xb: return {0, 0, subleaf & 0xff, 0};     // no levels of topology
        case 0xd: return saved(model, subleaf);
        case 0x80000000: return {0x80000008, 0, 0, 0};
        case 0x80000002: return brand(level, 0);
        case 0x80000003: return brand(level, 1);
        case 0x80000004: return brand(level, 2);
        case 0x80000006: return {0, 0, 512u << 16 | 6u << 12 | 64, 0};
        case 0x80000008: return {48u << 8 | 40, 0, 0, 0};
        default: return {0, 0, 0, 0};
    }
}

}  // namespace

const char* brandName(Level level) { return BRANDS[static_cast<unsigned>(level)]; }
Signature signature(Level level) { return SIGNATURES[static_cast<unsigned>(level)]; }

CpuidResult cpuidLeaf(const ProcessorModel& model, u32 leaf, u32 subleaf) {
    const bool extended = leaf & 0x80000000;
    const u32 highest = HIGHEST[static_cast<unsigned>(model.level)];
    if (leaf > (extended ? 0x80000008 : highest))
        leaf = highest, subleaf = extended ? 0 : subleaf;    // the highest basic leaf answers (SDM)
    if (leaf != 4 && leaf != 0xb && leaf != 0xd && leaf != 7) subleaf = 0;
    const CpuidResult result = plain(model, leaf, subleaf);
    const auto [eax, ebx, ecx, edx] = cpuidFeatures(model, leaf, subleaf);
    return {result.eax | eax, result.ebx | ebx, result.ecx | ecx, result.edx | edx};
}

}  // namespace cpu
