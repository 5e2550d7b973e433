#include "tests/lockstep/insnfuzz/policy.hpp"

#include "cpu/x87.hpp"
#include "tests/lockstep/insnfuzz/layout.hpp"

#include <algorithm>
#include <cpuid.h>
#include <vector>

namespace insnfuzz {

namespace {

struct Exclusion {
    ZydisMnemonic mnemonic;
    const char* reason;
};
constexpr const char *ENTERS = "enters the kernel", *FAR = "loads a code segment: leaves 64-bit mode or the harness",
                     *SEGMENTS = "loads a segment register from the kernel's tables", *RIGHTS = "reads the kernel's tables",
                     *VARIES = "its result differs from run to run",
                     *KERNEL = "the host's kernel emulates it (UMIP)", *HYPERVISOR = "belongs to the hypervisor",
                     *HOST = "says what the host is, not what the modelled processor is", *SLEEPS = "its #UD depends on the host's MSRs";
constexpr Exclusion EXCLUSIONS[] = {
    {ZYDIS_MNEMONIC_SYSCALL, ENTERS},   {ZYDIS_MNEMONIC_SYSENTER, ENTERS},  {ZYDIS_MNEMONIC_SYSEXIT, ENTERS}, {ZYDIS_MNEMONIC_SYSRET, ENTERS},
    {ZYDIS_MNEMONIC_IRET, FAR},         {ZYDIS_MNEMONIC_IRETD, FAR},        {ZYDIS_MNEMONIC_IRETQ, FAR},
    {ZYDIS_MNEMONIC_LSS, SEGMENTS},     {ZYDIS_MNEMONIC_LFS, SEGMENTS},     {ZYDIS_MNEMONIC_LGS, SEGMENTS},
    {ZYDIS_MNEMONIC_LAR, RIGHTS},     {ZYDIS_MNEMONIC_LSL, RIGHTS},     {ZYDIS_MNEMONIC_VERR, RIGHTS},  {ZYDIS_MNEMONIC_VERW, RIGHTS},
    {ZYDIS_MNEMONIC_RDTSC, VARIES},     {ZYDIS_MNEMONIC_RDTSCP, VARIES},    {ZYDIS_MNEMONIC_RDRAND, VARIES},  {ZYDIS_MNEMONIC_RDSEED, VARIES},
    {ZYDIS_MNEMONIC_RDPID, VARIES},     {ZYDIS_MNEMONIC_RDPMC, HOST},
    {ZYDIS_MNEMONIC_SGDT, KERNEL},      {ZYDIS_MNEMONIC_SIDT, KERNEL},      {ZYDIS_MNEMONIC_SLDT, KERNEL},    {ZYDIS_MNEMONIC_STR, KERNEL},
    {ZYDIS_MNEMONIC_SMSW, KERNEL},
    {ZYDIS_MNEMONIC_CPUID, HOST},       {ZYDIS_MNEMONIC_XGETBV, HOST},      {ZYDIS_MNEMONIC_XSETBV, HOST},
    {ZYDIS_MNEMONIC_VMCALL, HYPERVISOR}, {ZYDIS_MNEMONIC_VMMCALL, HYPERVISOR},
    {ZYDIS_MNEMONIC_MONITOR, SLEEPS},   {ZYDIS_MNEMONIC_MWAIT, SLEEPS},
};

bool isNarrow(const ZydisDecodedInstruction& insn) {
    return std::any_of(insn.raw.prefixes, insn.raw.prefixes + insn.raw.prefix_count,
                       [](const auto& prefix) { return prefix.value == 0x66; });
}
bool isShift(const ZydisDecodedInstruction& insn) {
    return insn.meta.category == ZYDIS_CATEGORY_SHIFT || insn.meta.category == ZYDIS_CATEGORY_ROTATE;
}
u64 countOf(const cpu::Decoded& d, const cpu::Registers& before) {
    const ZydisDecodedOperand& last = d.operand[d.insn.operand_count_visible - 1];
    const u64 count = last.type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? last.imm.value.u : before.gpr[cpu::RCX];
    return count & (d.operand[0].size == 64 ? 63 : 31);
}

// SDM Vol. 2, RCL/RCR/ROL/ROR, SAL/SAR/SHL/SHR, SHLD, SHRD, each under "Flags Affected".
u64 shiftFlags(const cpu::Decoded& d, const cpu::Registers& before) {
    const u64 count = countOf(d, before), size = d.operand[0].size;
    if (count == 0) return 0;
    u64 undefined = count != 1 ? cpu::FLAG_OF : 0;
    const bool rotate = d.insn.meta.category == ZYDIS_CATEGORY_ROTATE;
    if (!rotate) undefined |= cpu::FLAG_AF;
    if (!rotate && count >= size && d.insn.mnemonic != ZYDIS_MNEMONIC_SAR) undefined |= cpu::FLAG_CF;
    return undefined;
}

// Whether this processor lacks a feature that has instructions of the set.
bool lacks(u16 isa_set) {
    static const std::vector<bool> missing = [] {
        std::vector<bool> sets(ZYDIS_ISA_SET_MAX_VALUE + 1);
        for (const cpu::FeatureInfo& feature : cpu::features()) {
            unsigned output[4]{};
            __get_cpuid_count(feature.leaf, feature.subleaf, output, output + 1, output + 2, output + 3);
            if (output[static_cast<unsigned>(feature.output)] >> feature.bit & 1) continue;
            for (const u16 set : feature.sets) sets[set] = true;
        }
        return sets;
    }();
    return missing[isa_set];
}

// The sine and the tangent of the smallest normal number are less than it: with rounding towards zero, the model underflows.
bool atUnderflow(const cpu::X87& x87) {
    const cpu::X87::Slot& top = x87.physical[cpu::topOf(x87)];
    return !(x87.control & cpu::X87_UNDERFLOW) && (top.exponent & 0x7fff) <= 1 && top.significand == u64{1} << 63;
}

// MOVBE with both 66H and REX.W.
bool isNarrowMovbe(const cpu::Decoded& d) {
    return d.insn.mnemonic == ZYDIS_MNEMONIC_MOVBE && d.insn.operand_width == 64 && d.insn.attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE;
}

u16 bitOf(const ZydisDecodedOperand& operand) {
    if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER) return 0;
    const u16 at = cpu::registerOffset(operand.reg.value);
    return at / 8 < 16 ? static_cast<u16>(1u << at / 8) : u16{0};
}

}  // namespace

const char* excluded(ZydisMnemonic mnemonic) {
    for (const Exclusion& exclusion : EXCLUSIONS)
        if (exclusion.mnemonic == mnemonic) return exclusion.reason;
    return nullptr;
}

bool hostIsAmd() {
    static const bool is = [] {
        unsigned highest = 0, b = 0, c = 0, d = 0;
        __get_cpuid(0, &highest, &b, &c, &d);
        return b == signature_AMD_ebx && c == signature_AMD_ecx && d == signature_AMD_edx;
    }();
    return is;
}

std::string hostName() {
    unsigned words[13]{};
    for (unsigned leaf = 0; leaf < 3; ++leaf)
        __get_cpuid(0x80000002 + leaf, words + 4 * leaf, words + 4 * leaf + 1, words + 4 * leaf + 2, words + 4 * leaf + 3);
    return reinterpret_cast<const char*>(words);
}

const char* excluded(const cpu::Decoded& d) {
    if (d.insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR) return FAR;
    const bool branch = d.insn.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE || d.insn.meta.category == ZYDIS_CATEGORY_RET;
    if (branch && isNarrow(d.insn) && hostIsAmd()) return "66H makes it shorter on AMD's processors, and its target one of 16 bits";
    if (d.insn.mnemonic == ZYDIS_MNEMONIC_INT && d.operand[0].imm.value.u == 0x80) return ENTERS;
    if (isNarrowMovbe(d)) return "this host accesses memory in parts, without #AC";
    if (lacks(static_cast<u16>(d.insn.meta.isa_set))) return "this host lacks it";
    for (unsigned i = 0; i < d.insn.operand_count_visible; ++i) {
        const ZydisDecodedOperand& operand = d.operand[i];
        const bool segment =
            operand.type == ZYDIS_OPERAND_TYPE_REGISTER && ZydisRegisterGetClass(operand.reg.value) == ZYDIS_REGCLASS_SEGMENT;
        if (segment && operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) return SEGMENTS;
    }
    return nullptr;
}

bool excludedAt(cpu::Level level, const ZydisDecodedInstruction& insn) {
    if (level >= cpu::Level::v3 || (insn.mnemonic != ZYDIS_MNEMONIC_BSF && insn.mnemonic != ZYDIS_MNEMONIC_BSR)) return false;
    for (unsigned i = 0; i < insn.raw.prefix_count; ++i)
        if (insn.raw.prefixes[i].value == 0xf3) return true;
    return false;
}

// What an instruction has done when it faults is the processor's own business, and the same again when it is restarted
// (docs/fidelity.md, CPU).
static void beforeFault(const cpu::Decoded& d, const cpu::Trap& trap, const cpu::Registers& after, Undefined& u) {
    constexpr u32 OVERFLOW_UNDERFLOW = 0x18, PRECISION = 0x20;
    const ZydisDecodedInstruction& insn = d.insn;
    if (trap.kind != cpu::Trap::Kind::exception) return;
    for (unsigned i = 0; i < insn.operand_count; ++i) {
        const ZydisDecodedOperand& operand = d.operand[i];
        const bool state = operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.size >= 80;
        if (state && operand.size != 128 && operand.size != 256)
            u.faultAddress = operand.size > 1000 ? PAGE_SIZE : operand.size / 8, u.memory = true;
        if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER && ZydisRegisterGetClass(operand.reg.value) == ZYDIS_REGCLASS_MMX) u.x87 = true;
    }
    switch (insn.mnemonic) {
        case ZYDIS_MNEMONIC_XRSTOR:
        case ZYDIS_MNEMONIC_XRSTOR64: u.anyFault = true; break;    // of the header's check and the area's pages
        case ZYDIS_MNEMONIC_VCVTPS2PH: u.mxcsr = 0x3f; u.anyFault = true; break;
        case ZYDIS_MNEMONIC_VMASKMOVPS: case ZYDIS_MNEMONIC_VMASKMOVPD:
        case ZYDIS_MNEMONIC_VPMASKMOVD: case ZYDIS_MNEMONIC_VPMASKMOVQ: u.faultAddress = 32; break;
        case ZYDIS_MNEMONIC_CALL: case ZYDIS_MNEMONIC_ENTER: u.memory = true; break;
        default: break;
    }
    if (trap.vector != cpu::VECTOR_XM) return;
    if (after.mxcsr & OVERFLOW_UNDERFLOW & ~(after.mxcsr >> 7)) u.mxcsr |= PRECISION;
    const bool steps = insn.mnemonic == ZYDIS_MNEMONIC_DPPS || insn.mnemonic == ZYDIS_MNEMONIC_DPPD || insn.mnemonic == ZYDIS_MNEMONIC_VDPPS ||
                       insn.mnemonic == ZYDIS_MNEMONIC_VDPPD;
    if (steps) u.mxcsr = 0x3f;
}

Undefined undefinedBy(const cpu::Decoded& d, const cpu::Registers& before, const cpu::Trap& trap, const cpu::Registers& after) {
    Undefined u;
    beforeFault(d, trap, after, u);
    if (isShift(d.insn)) u.flags = shiftFlags(d, before);
    else if (d.insn.cpu_flags) u.flags = d.insn.cpu_flags->undefined;
    switch (d.insn.mnemonic) {
        case ZYDIS_MNEMONIC_BSWAP:
            if (d.insn.operand_width == 16) u.gpr = bitOf(d.operand[0]);
            break;
        case ZYDIS_MNEMONIC_SHLD: case ZYDIS_MNEMONIC_SHRD:
            u.flags = shiftFlags(d, before);
            if (countOf(d, before) > d.operand[0].size) {
                u.flags = cpu::FLAGS_STATUS;
                u.gpr = bitOf(d.operand[0]);
                u.memory = true;
            }
            break;
        case ZYDIS_MNEMONIC_RCPPS: case ZYDIS_MNEMONIC_RCPSS: case ZYDIS_MNEMONIC_RSQRTPS: case ZYDIS_MNEMONIC_RSQRTSS:
        case ZYDIS_MNEMONIC_VRCPPS: case ZYDIS_MNEMONIC_VRCPSS: case ZYDIS_MNEMONIC_VRSQRTPS: case ZYDIS_MNEMONIC_VRSQRTSS:
            u.vectorError = 2 * 1.5 / 4096;     // both sides are within 1.5 * 2^-12 of the true value (SDM Vol. 2, RCPPS)
            break;
        // The model rounds the true value; the processor is within one unit in the last place (SDM Vol. 1 §8.3.10).
        case ZYDIS_MNEMONIC_F2XM1: case ZYDIS_MNEMONIC_FYL2X: case ZYDIS_MNEMONIC_FYL2XP1: case ZYDIS_MNEMONIC_FPTAN:
        case ZYDIS_MNEMONIC_FPATAN: case ZYDIS_MNEMONIC_FSIN: case ZYDIS_MNEMONIC_FCOS: case ZYDIS_MNEMONIC_FSINCOS:
            u.x87Ulps = 1;
            u.x87Status = cpu::X87_C1;
            u.x87 |= atUnderflow(before.x87);
            break;
        default: break;
    }
    return u;
}

}  // namespace insnfuzz
