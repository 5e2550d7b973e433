#include "cpu/cpuid.hpp"

#include <cstring>

namespace cpu {

namespace {

// CPUID.01H:EDX (SDM Vol. 2, CPUID). MMX belongs to the level although execscope's is still missing.
constexpr u32 FPU = 1u << 0, TSC = 1u << 4, MSR = 1u << 5, PAE = 1u << 6, CX8 = 1u << 8, PGE = 1u << 13, CMOV = 1u << 15, CLFSH = 1u << 19,
              MMX = 1u << 23, FXSR = 1u << 24, SSE = 1u << 25, SSE2 = 1u << 26;
constexpr u32 FEATURES = FPU | TSC | MSR | PAE | CX8 | PGE | CMOV | CLFSH | MMX | FXSR | SSE | SSE2;
// CPUID.80000001H:EDX.
constexpr u32 SYSCALL = 1u << 11, NX = 1u << 20, LONG_MODE = 1u << 29;

constexpr u32 SIGNATURE = 0x6f2;        // family 6, model 15, stepping 2
constexpr char BRAND[49] = "execscope modelled x86-64-v1 processor";

u32 word(const char* text, unsigned at) {
    u32 value;
    std::memcpy(&value, text + at, 4);
    return value;
}
CpuidResult brand(unsigned part) {
    return {word(BRAND, 16 * part), word(BRAND, 16 * part + 4), word(BRAND, 16 * part + 8), word(BRAND, 16 * part + 12)};
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

}  // namespace

u32 cpuidFeatures() { return FEATURES; }

CpuidResult cpuidLeaf(u32 leaf, u32 subleaf) {
    const bool extended = leaf & 0x80000000;
    if (extended ? leaf > 0x80000008 : leaf > 4) leaf = 4, subleaf = extended ? 0 : subleaf;    // the highest basic leaf answers (SDM)
    switch (leaf) {
        case 0: return {4, word("Genu", 0), word("ntel", 0), word("ineI", 0)};
        case 1: return {SIGNATURE, 8u << 8 | 1u << 16, 0, FEATURES};    // CLFLUSH line 64, one logical processor, APIC id 0
        case 2: return {0x00feff01, 0, 0, 0};       // descriptor FF: see leaf 4
        case 4: return caches(subleaf);
        case 0x80000000: return {0x80000008, 0, 0, 0};
        case 0x80000001: return {0, 0, 0, SYSCALL | NX | LONG_MODE};
        case 0x80000002: return brand(0);
        case 0x80000003: return brand(1);
        case 0x80000004: return brand(2);
        case 0x80000006: return {0, 0, 512u << 16 | 6u << 12 | 64, 0};
        case 0x80000008: return {48u << 8 | 40, 0, 0, 0};
        default: return {0, 0, 0, 0};
    }
}

}  // namespace cpu
