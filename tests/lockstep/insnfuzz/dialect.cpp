#include "tests/lockstep/insnfuzz/dialect.hpp"

#include "tests/lib/host_fxsave.hpp"

#include <algorithm>

namespace insnfuzz {

namespace {

using cpu::Trap;

bool faults(const Trap& trap) { return trap.kind == Trap::Kind::exception; }
bool faults(const Trap& trap, u32 vector) { return faults(trap) && trap.vector == vector; }

// FS and GS: the address is canonical, but what is left of it without the segment's base is not.
bool offsetIsNotCanonical(const Instruction& insn, const Sides& s) {
    const ZydisInstructionAttributes attributes = insn.decoded.insn.attributes;
    const bool fs = attributes & ZYDIS_ATTRIB_HAS_SEGMENT_FS, gs = attributes & ZYDIS_ATTRIB_HAS_SEGMENT_GS;
    if ((!fs && !gs) || !faults(s.host.trap, cpu::VECTOR_GP) || !faults(s.model.trap, cpu::VECTOR_PF)) return false;
    return !cpu::isCanonical(s.model.trap.address - (fs ? s.before.fs_base : s.before.gs_base));
}

// The makers' manuals: SDM Vol. 1 and 2, AMD64 APM Vol. 1, 3 and 5. What they leave open was seen on Zen 4.
const char* ofInstruction(const Instruction& insn, const Sides& s) {
    const ZydisDecodedInstruction& i = insn.decoded.insn;
    const auto prefixed = [&i](u8 value) {
        return std::any_of(i.raw.prefixes, i.raw.prefixes + i.raw.prefix_count,
                           [value](const auto& prefix) { return prefix.value == value; });
    };
    const Trap &host = s.host.trap, &model = s.model.trap;
    switch (i.mnemonic) {
        case ZYDIS_MNEMONIC_INT1: return "INT1 leaves RIP at the instruction";
        case ZYDIS_MNEMONIC_MOVSXD: return prefixed(0x66) ? "MOVSXD to 16 bits reads 32" : nullptr;
        case ZYDIS_MNEMONIC_VPMASKMOVD: case ZYDIS_MNEMONIC_VPMASKMOVQ: case ZYDIS_MNEMONIC_VMASKMOVPS: case ZYDIS_MNEMONIC_VMASKMOVPD:
            return i.address_width == 32 && faults(host) && faults(model) ? "elements beyond 4 GiB wrap around" : nullptr;
        case ZYDIS_MNEMONIC_PAUSE: return i.raw.rex.B ? "PAUSE with REX.B is XCHG" : nullptr;
        case ZYDIS_MNEMONIC_LOOPE: case ZYDIS_MNEMONIC_LOOPNE:
            return prefixed(0xf2) || prefixed(0xf3) ? "F2H and F3H make LOOPE LOOPNE and the reverse" : nullptr;
        case ZYDIS_MNEMONIC_NOP: return i.opcode == 0x0d ? "PREFETCH of a register is #UD" : nullptr;
        case ZYDIS_MNEMONIC_UD0: case ZYDIS_MNEMONIC_UD1: return "#UD comes before the operand is fetched";
        case ZYDIS_MNEMONIC_LDMXCSR: case ZYDIS_MNEMONIC_VLDMXCSR: return "MXCSR has a bit MM";
        case ZYDIS_MNEMONIC_FXSAVE: case ZYDIS_MNEMONIC_FXSAVE64: case ZYDIS_MNEMONIC_XSAVE: case ZYDIS_MNEMONIC_XSAVE64:
        case ZYDIS_MNEMONIC_XSAVEC: case ZYDIS_MNEMONIC_XSAVEC64: case ZYDIS_MNEMONIC_XSAVEOPT: case ZYDIS_MNEMONIC_XSAVEOPT64:
        case ZYDIS_MNEMONIC_FNSTENV: case ZYDIS_MNEMONIC_FNSAVE: case ZYDIS_MNEMONIC_FXRSTOR: case ZYDIS_MNEMONIC_FXRSTOR64: case ZYDIS_MNEMONIC_XRSTOR: case ZYDIS_MNEMONIC_XRSTOR64:
            return "FOP, FIP and FDP are saved while an exception waits, in 48 bits; MXCSR has a bit MM";
        default: break;
    }
    if (i.meta.category == ZYDIS_CATEGORY_STRINGOP && (faults(host) || i.address_width == 32))
        return "RCX, RSI, RDI and flags of a repetition cut short";
    if ((i.meta.category == ZYDIS_CATEGORY_GATHER || i.meta.category == ZYDIS_CATEGORY_AVX2GATHER) && faults(host))
        return "elements gathered before a fault";
    if (i.meta.isa_ext != ZYDIS_ISA_EXT_BASE && faults(host, cpu::VECTOR_AC)) return "#AC for vectors, too";
    if (i.meta.isa_ext == ZYDIS_ISA_EXT_SHA && faults(model, cpu::VECTOR_GP)) return "SHA takes operands that are not aligned";
    const bool x87 = i.meta.isa_ext == ZYDIS_ISA_EXT_X87 || i.mnemonic == ZYDIS_MNEMONIC_FISTTP;
    if (x87 && faults(host) && !faults(model) && s.model.after.x87.status & FSW_ES) return "#GP and #PF come before an unmasked exception";
    return nullptr;
}

}  // namespace

const char* dialect(const Instruction& insn, const Sides& s) {
    if (!hostIsAmd()) return nullptr;
    if (const char* found = ofInstruction(insn, s)) return found;
    if (offsetIsNotCanonical(insn, s)) return "an offset in FS or GS must be canonical, too";
    return nullptr;
}

}  // namespace insnfuzz
