// Which instructions pairs.hpp joins.
#include "cpu/pair_ops.hpp"

#include <algorithm>

namespace cpu {

using namespace joined;

namespace {

struct Operands {
    Kind registers = Kind::none, immediate = Kind::none;    // the kind with a register and with an immediate as second operand
};
Operands kindsOf(ZydisMnemonic mnemonic) {
    switch (mnemonic) {
        case ZYDIS_MNEMONIC_MOV: return {Kind::mov, Kind::mov_imm};
        case ZYDIS_MNEMONIC_ADD: return {Kind::add, Kind::add_imm};
        case ZYDIS_MNEMONIC_SUB: return {Kind::sub, Kind::sub_imm};
        case ZYDIS_MNEMONIC_AND: return {Kind::and_, Kind::and_imm};
        case ZYDIS_MNEMONIC_OR: return {Kind::or_, Kind::none};
        case ZYDIS_MNEMONIC_XOR: return {Kind::xor_, Kind::none};
        case ZYDIS_MNEMONIC_MOVSXD: return {Kind::extend, Kind::none};
        case ZYDIS_MNEMONIC_NOT: return {Kind::not_, Kind::none};
        case ZYDIS_MNEMONIC_ROL: return {Kind::none, Kind::rol};
        case ZYDIS_MNEMONIC_ROR: return {Kind::none, Kind::ror};
        case ZYDIS_MNEMONIC_SHL: return {Kind::none, Kind::shl};
        case ZYDIS_MNEMONIC_SHR: return {Kind::none, Kind::shr};
        case ZYDIS_MNEMONIC_SAR: return {Kind::none, Kind::sar};
        case ZYDIS_MNEMONIC_CMP: return {Kind::cmp, Kind::cmp_imm};
        case ZYDIS_MNEMONIC_TEST: return {Kind::test, Kind::none};
        default: return {};
    }
}

// In the order of Condition.
constexpr ZydisMnemonic jumps[] = {
    ZYDIS_MNEMONIC_JO, ZYDIS_MNEMONIC_JNO, ZYDIS_MNEMONIC_JB, ZYDIS_MNEMONIC_JNB, ZYDIS_MNEMONIC_JZ, ZYDIS_MNEMONIC_JNZ,
    ZYDIS_MNEMONIC_JBE, ZYDIS_MNEMONIC_JNBE, ZYDIS_MNEMONIC_JS, ZYDIS_MNEMONIC_JNS, ZYDIS_MNEMONIC_JP, ZYDIS_MNEMONIC_JNP,
    ZYDIS_MNEMONIC_JL, ZYDIS_MNEMONIC_JNL, ZYDIS_MNEMONIC_JLE, ZYDIS_MNEMONIC_JNLE,
};

bool isGeneral(u16 offset) { return offset < offsetof(Registers, gpr) + sizeof(Registers::gpr); }

Kind withMemory(const Form& f) {
    const bool indexed = f.address == Address::indexed;
    if (f.address == Address::any) return Kind::none;
    if (f.kind(0) == Operand::mem)
        return f.insn.mnemonic != ZYDIS_MNEMONIC_MOV || !isGeneral(f.op.src) || f.kind(1) != Operand::reg ? Kind::none :
               indexed                                                                                    ? Kind::store_indexed :
                                                                                                            Kind::store;
    if (f.kind(1) != Operand::mem) return Kind::none;
    const auto of = [indexed](Kind based) { return static_cast<Kind>(based + indexed); };
    switch (f.insn.mnemonic) {
        case ZYDIS_MNEMONIC_ADD: return of(Kind::add_load);
        case ZYDIS_MNEMONIC_LEA: return of(Kind::lea);
        case ZYDIS_MNEMONIC_MOV: return of(Kind::load);
        case ZYDIS_MNEMONIC_MOVZX: return of(f.bits(1) == 8 ? Kind::load_byte : Kind::load_word);
        case ZYDIS_MNEMONIC_MOVSXD: return f.bits() == 64 ? of(Kind::load_extend) : Kind::none;
        default: return Kind::none;
    }
}

}  // namespace

Simple simpleOf(const Form& f) {
    const bool wide = f.bits() == 64;
    if (f.insn.meta.category == ZYDIS_CATEGORY_COND_BR) {
        const auto* jump = std::find(std::begin(jumps), std::end(jumps), f.insn.mnemonic);
        return jump == std::end(jumps) ? Simple{} : Simple{Kind::jump_if, false, static_cast<u8>(jump - jumps)};
    }
    if ((!wide && f.bits() != 32) || (f.kind(0) == Operand::reg && !isGeneral(f.op.dst))) return {};
    if (const Kind kind = withMemory(f); kind != Kind::none) return {kind, wide};
    if (f.kind(0) != Operand::reg) return {};
    if (wide && f.insn.mnemonic == ZYDIS_MNEMONIC_PUSH) return {Kind::push, wide};
    if (wide && f.insn.mnemonic == ZYDIS_MNEMONIC_POP) return {Kind::pop, wide};
    const Operands kinds = kindsOf(f.insn.mnemonic);
    if (kinds.registers == Kind::not_) return {Kind::not_, wide};
    if (f.kind(1) == Operand::reg && isGeneral(f.op.src) && kinds.registers != Kind::none) {
        if (kinds.registers == Kind::extend && !wide) return {};
        return {kinds.registers, wide};
    }
    if (f.kind(1) != Operand::imm || (kinds.immediate == Kind::mov_imm && wide)) return {};     // its 64 bits lie elsewhere
    const bool shifts = kinds.immediate >= Kind::rol && kinds.immediate <= Kind::sar;
    return shifts && f.op.imm == 0 ? Simple{} : Simple{kinds.immediate, wide};
}

}  // namespace cpu
