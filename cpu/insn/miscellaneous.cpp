// SDM Vol. 1 §5.1.13 miscellaneous, §5.1.16 random numbers, and the system instructions of §5.20 as user mode meets them.
#include "cpu/cpuid.hpp"
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

void nop(HOT) { NEXT; }

bool cpuid(Core& core, const Op&) {
    const CpuidResult result = cpuidLeaf(core.model, static_cast<u32>(core.gpr[RAX]), static_cast<u32>(core.gpr[RCX]));
    core.gpr[RAX] = result.eax;
    core.gpr[RBX] = result.ebx;
    core.gpr[RCX] = result.ecx;
    core.gpr[RDX] = result.edx;
    return true;
}

// The time stamp is the number of instructions executed.
bool rdtsc(Core& core, const Op& op) {
    const u64 now = core.instructionsBefore(&op, core.left);
    core.gpr[RAX] = static_cast<u32>(now);
    core.gpr[RDX] = now >> 32;
    return true;
}
bool rdtscp(Core& core, const Op& op) {
    core.gpr[RCX] = 0;      // IA32_TSC_AUX: processor 0 of node 0
    return rdtsc(core, op);
}

// CLFLUSH faults like a load of its byte and does nothing else.
bool touch(Core& core, const Op& op) {
    u8 byte;
    return core.fetch(effectiveAddress<Address::any>(&op, &core), byte);
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_NOP, plain<nop>},          {ZYDIS_MNEMONIC_FENI8087_NOP, plain<nop>},
    {ZYDIS_MNEMONIC_FDISI8087_NOP, plain<nop>}, {ZYDIS_MNEMONIC_FSETPM287_NOP, plain<nop>},
    {ZYDIS_MNEMONIC_PAUSE, plain<nop>},        {ZYDIS_MNEMONIC_ENDBR64, plain<nop>},
    {ZYDIS_MNEMONIC_ENDBR32, plain<nop>},      {ZYDIS_MNEMONIC_LFENCE, plain<nop>},
    {ZYDIS_MNEMONIC_MFENCE, plain<nop>},       {ZYDIS_MNEMONIC_SFENCE, plain<nop>},
    {ZYDIS_MNEMONIC_PREFETCH, plain<nop>},     {ZYDIS_MNEMONIC_PREFETCHNTA, plain<nop>},
    {ZYDIS_MNEMONIC_PREFETCHT0, plain<nop>},   {ZYDIS_MNEMONIC_PREFETCHT1, plain<nop>},
    {ZYDIS_MNEMONIC_PREFETCHT2, plain<nop>},   {ZYDIS_MNEMONIC_PREFETCHW, plain<nop>},
    {ZYDIS_MNEMONIC_PREFETCHWT1, plain<nop>},  {ZYDIS_MNEMONIC_CLFLUSH, action<touch>},
    {ZYDIS_MNEMONIC_CPUID, action<cpuid>},
    {ZYDIS_MNEMONIC_RDTSC, action<rdtsc>},     {ZYDIS_MNEMONIC_RDTSCP, action<rdtscp>},
    {ZYDIS_MNEMONIC_UD0, last<raiseInvalidOpcode>},     {ZYDIS_MNEMONIC_RSM, last<raiseInvalidOpcode>},
    {ZYDIS_MNEMONIC_UD1, last<raiseInvalidOpcode>},
    {ZYDIS_MNEMONIC_UD2, last<raiseInvalidOpcode>},
    // Privileged, or refused by IOPL 0 and the empty I/O permission map.
    {ZYDIS_MNEMONIC_HLT, last<raiseProtection>},    {ZYDIS_MNEMONIC_CLI, last<raiseProtection>},
    {ZYDIS_MNEMONIC_STI, last<raiseProtection>},    {ZYDIS_MNEMONIC_IN, last<raiseProtection>},
    {ZYDIS_MNEMONIC_OUT, last<raiseProtection>},    {ZYDIS_MNEMONIC_INSB, last<raiseProtection>},
    {ZYDIS_MNEMONIC_INSW, last<raiseProtection>},   {ZYDIS_MNEMONIC_INSD, last<raiseProtection>},
    {ZYDIS_MNEMONIC_OUTSB, last<raiseProtection>},  {ZYDIS_MNEMONIC_OUTSW, last<raiseProtection>},
    {ZYDIS_MNEMONIC_OUTSD, last<raiseProtection>},  {ZYDIS_MNEMONIC_LGDT, last<raiseProtection>},
    {ZYDIS_MNEMONIC_LIDT, last<raiseProtection>},   {ZYDIS_MNEMONIC_LLDT, last<raiseProtection>},
    {ZYDIS_MNEMONIC_LTR, last<raiseProtection>},    {ZYDIS_MNEMONIC_LMSW, last<raiseProtection>},
    {ZYDIS_MNEMONIC_CLTS, last<raiseProtection>},   {ZYDIS_MNEMONIC_INVD, last<raiseProtection>},
    {ZYDIS_MNEMONIC_WBINVD, last<raiseProtection>}, {ZYDIS_MNEMONIC_INVLPG, last<raiseProtection>},
    {ZYDIS_MNEMONIC_RDMSR, last<raiseProtection>},  {ZYDIS_MNEMONIC_WRMSR, last<raiseProtection>},
    {ZYDIS_MNEMONIC_SYSRET, last<raiseProtection>}, {ZYDIS_MNEMONIC_SYSEXIT, last<raiseProtection>},
    {ZYDIS_MNEMONIC_XSETBV, last<raiseProtection>}, {ZYDIS_MNEMONIC_RDPMC, last<raiseProtection>},  {ZYDIS_MNEMONIC_SWAPGS, last<raiseProtection>},
};

}  // namespace

Family miscellaneous() { return table; }

}  // namespace cpu
