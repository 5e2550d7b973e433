#include "cpu/lower.hpp"

#include "cpu/insn/families.hpp"

#include <array>
#include <numeric>
#include <vector>

namespace cpu {

namespace {

ZydisDecoder makeDecoder(Level level) {
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    for (ZydisDecoderMode absent :
         {ZYDIS_DECODER_MODE_MPX, ZYDIS_DECODER_MODE_CET, ZYDIS_DECODER_MODE_WBNOINVD, ZYDIS_DECODER_MODE_CLDEMOTE})
        ZydisDecoderEnableMode(&decoder, absent, ZYAN_FALSE);
    if (!hasInstructions(level, ZYDIS_ISA_SET_LZCNT)) ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_LZCNT, ZYAN_FALSE);
    if (!hasInstructions(level, ZYDIS_ISA_SET_BMI1)) ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_TZCNT, ZYAN_FALSE);
    return decoder;
}

// All rows by mnemonic, those of one mnemonic in the order in which the families name them.
struct Table {
    std::array<u16, ZYDIS_MNEMONIC_MAX_VALUE + 2> first{};      // of a mnemonic's rows, in `row`
    std::vector<const Row*> row;

    Table() {
        u64 count = 0;
        for (Family family : families()) {
            count += family.size();
            for (const Row& one : family) ++first[one.mnemonic + 1u];
        }
        std::partial_sum(first.begin(), first.end(), first.begin());
        row.resize(count);
        std::array<u16, ZYDIS_MNEMONIC_MAX_VALUE + 2> next = first;
        for (Family family : families())
            for (const Row& one : family) row[next[one.mnemonic]++] = &one;
    }
    std::span<const Row* const> of(ZydisMnemonic mnemonic) const {
        return std::span(row).subspan(first[mnemonic], first[mnemonic + 1u] - first[mnemonic]);
    }
};

std::span<const Row* const> rowsOf(ZydisMnemonic mnemonic) {
    static const Table table;
    return table.of(mnemonic);
}

void fillMemory(const ZydisDecodedOperandMem& mem, Form& f) {
    Op& op = f.op;
    constexpr u8 none = offsetof(Registers, zero);
    const bool relative = mem.base == ZYDIS_REGISTER_RIP || mem.base == ZYDIS_REGISTER_EIP;
    const auto slotOf = [](ZydisRegister reg) {
        const u16 at = registerOffset(ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg));
        return at == NO_REGISTER ? none : static_cast<u8>(at);
    };
    op.base = relative ? static_cast<u8>(offsetof(Registers, rip)) : slotOf(mem.base);
    op.index = slotOf(mem.index);
    op.scale = mem.index == ZYDIS_REGISTER_NONE ? 1 : mem.scale;
    op.disp = mem.disp.has_displacement ? mem.disp.value : 0;
    op.segment = segmentSlot(mem.segment);
    const bool based = op.segment == none && f.insn.address_width == 64;
    if (mem.segment == ZYDIS_REGISTER_SS) op.segment |= STACK;
    if (f.insn.address_width == 32) op.segment |= ADDRESS32;
    f.address = !based ? Address::any : op.index != none ? Address::indexed : Address::based;
}

void fillOperands(Form& f) {
    bool immediate = false;
    for (unsigned i = 0; i < f.insn.operand_count_visible; ++i) {
        const ZydisDecodedOperand& operand = f.operand[i];
        switch (operand.type) {
            case ZYDIS_OPERAND_TYPE_REGISTER:
                if (i < 2) (i == 0 ? f.op.dst : f.op.src) = registerOffset(operand.reg.value);
                break;
            case ZYDIS_OPERAND_TYPE_MEMORY: fillMemory(operand.mem, f); break;
            case ZYDIS_OPERAND_TYPE_IMMEDIATE:
                if (immediate) f.op.misc = static_cast<u8>(operand.imm.value.u);
                else f.op.imm = static_cast<i32>(operand.imm.value.u);
                immediate = true;
                break;
            default: break;
        }
    }
}

}  // namespace

Operand Form::kind(unsigned i) const {
    if (i >= insn.operand_count_visible) return Operand::none;
    switch (operand[i].type) {
        case ZYDIS_OPERAND_TYPE_REGISTER: return Operand::reg;
        case ZYDIS_OPERAND_TYPE_MEMORY: return Operand::mem;
        case ZYDIS_OPERAND_TYPE_IMMEDIATE: return Operand::imm;
        default: return Operand::other;
    }
}

u16 registerOffset(ZydisRegister reg) {
    const auto in = [reg](ZydisRegister first, ZydisRegister end) { return reg >= first && reg <= end; };
    const auto gpr = [](unsigned i) { return static_cast<u16>(offsetof(Registers, gpr) + 8 * i); };
    if (in(ZYDIS_REGISTER_AL, ZYDIS_REGISTER_R15B)) {
        const unsigned i = reg - ZYDIS_REGISTER_AL;     // al cl dl bl ah ch dh bh spl ...
        return i < 4 ? gpr(i) : i < 8 ? static_cast<u16>(gpr(i - 4) + 1) : gpr(i - 4);
    }
    if (in(ZYDIS_REGISTER_AX, ZYDIS_REGISTER_R15W)) return gpr(reg - ZYDIS_REGISTER_AX);
    if (in(ZYDIS_REGISTER_EAX, ZYDIS_REGISTER_R15D)) return gpr(reg - ZYDIS_REGISTER_EAX);
    if (in(ZYDIS_REGISTER_RAX, ZYDIS_REGISTER_R15)) return gpr(reg - ZYDIS_REGISTER_RAX);
    const auto vector = [](unsigned i) { return static_cast<u16>(offsetof(Registers, ymm) + sizeof(Vector256) * i); };
    if (in(ZYDIS_REGISTER_XMM0, ZYDIS_REGISTER_XMM15)) return vector(reg - ZYDIS_REGISTER_XMM0);
    if (in(ZYDIS_REGISTER_YMM0, ZYDIS_REGISTER_YMM15)) return vector(reg - ZYDIS_REGISTER_YMM0);
    return NO_REGISTER;
}

u8 segmentSlot(ZydisRegister segment) {
    switch (segment) {
        case ZYDIS_REGISTER_FS: return offsetof(Registers, fs_base);
        case ZYDIS_REGISTER_GS: return offsetof(Registers, gs_base);
        default: return offsetof(Registers, zero);
    }
}

// SIB base 101 with mod 00 is a displacement alone, whatever REX.B or VEX.B (SDM Vol. 2 §2.1.5); Zydis 4.0 overlooks it when the
// address has 32 bits.
static bool hasNoBase(const ZydisDecodedInstruction& insn) {
    return insn.attributes & ZYDIS_ATTRIB_HAS_MODRM && insn.raw.modrm.mod == 0 && insn.raw.modrm.rm == 4 && insn.raw.sib.base == 5;
}
static void removeBase(Decoded& d) {
    for (unsigned i = 0; i < d.insn.operand_count_visible; ++i) {
        if (d.operand[i].type != ZYDIS_OPERAND_TYPE_MEMORY) continue;
        ZydisDecodedOperandMem& mem = d.operand[i].mem;
        mem.base = ZYDIS_REGISTER_NONE;
        mem.disp.has_displacement = true;
        mem.disp.value = d.insn.raw.disp.value;
    }
}

ZyanStatus decode(const u8* bytes, u64 size, Decoded& out, Level level) {
    static const std::array decoders{makeDecoder(Level::v1), makeDecoder(Level::v2), makeDecoder(Level::v3)};
    const ZyanStatus status = ZydisDecoderDecodeFull(&decoders[static_cast<unsigned>(level)], bytes, size, &out.insn, out.operand);
    if (ZYAN_SUCCESS(status) && out.insn.address_width == 32 && hasNoBase(out.insn)) removeBase(out);
    return status;
}

FlagUse flagUse(const Decoded& d) {
    for (unsigned i = 0; i < d.insn.operand_count; ++i)
        if (d.operand[i].type == ZYDIS_OPERAND_TYPE_MEMORY && d.operand[i].mem.type != ZYDIS_MEMOP_TYPE_AGEN) return FlagUse::mayRead;
    switch (d.insn.mnemonic) {
        case ZYDIS_MNEMONIC_ADD: case ZYDIS_MNEMONIC_SUB: case ZYDIS_MNEMONIC_CMP: case ZYDIS_MNEMONIC_NEG: case ZYDIS_MNEMONIC_AND:
        case ZYDIS_MNEMONIC_OR: case ZYDIS_MNEMONIC_XOR: case ZYDIS_MNEMONIC_TEST: case ZYDIS_MNEMONIC_IMUL: return FlagUse::overwrites;
        case ZYDIS_MNEMONIC_LEA: case ZYDIS_MNEMONIC_NOT: case ZYDIS_MNEMONIC_MOVZX: case ZYDIS_MNEMONIC_MOVSX: case ZYDIS_MNEMONIC_MOVSXD:
        case ZYDIS_MNEMONIC_BSWAP: case ZYDIS_MNEMONIC_NOP: return FlagUse::passes;
        case ZYDIS_MNEMONIC_MOV:
            return registerOffset(d.operand[0].reg.value) != NO_REGISTER ? FlagUse::passes : FlagUse::mayRead;
        case ZYDIS_MNEMONIC_ROL: case ZYDIS_MNEMONIC_ROR: case ZYDIS_MNEMONIC_SHL: case ZYDIS_MNEMONIC_SHR: case ZYDIS_MNEMONIC_SAR:
            return d.operand[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? FlagUse::passes : FlagUse::mayRead;
        default: return FlagUse::mayRead;
    }
}

void lower(const Decoded& decoded, Form& form) {
    Op& op = form.op;
    op.base = op.index = op.segment = offsetof(Registers, zero);
    const u16 set = static_cast<u16>(decoded.insn.meta.isa_set);
    if (!hasInstructions(form.model, set)) {
        op.handler = knowsInstructions(set) ? raiseInvalidOpcode : raiseUnsupported;
        form.ends = true;
        return;
    }
    fillOperands(form);
    const ZydisAccessedFlags* touched = decoded.insn.cpu_flags;
    const bool keeps = !touched || !(touched->modified | touched->set_0 | touched->set_1 | touched->undefined);
    form.reads = touched && touched->tested;
    if (!form.reads) form.known = UNKNOWN;
    for (const Row* row : rowsOf(decoded.insn.mnemonic)) {
        form.leaves = row->leaves != LEAVES_UNKNOWN ? row->leaves << 2 | (std::bit_width(form.bits() / 8u) - 1u)
                      : keeps                       ? LEAVES_AS_BEFORE
                                                    : UNKNOWN;
        op.handler = row->select(form);
        if (op.handler) return;
    }
    op.handler = raiseUnsupported;
    form.ends = true;
}

Variable variableOf(const Decoded& decoded) {
    const auto& raw = decoded.insn.raw;
    if (raw.disp.size) return {raw.disp.offset, static_cast<u8>(raw.disp.size / 8), false};
    if (raw.imm[0].is_relative) return {raw.imm[0].offset, static_cast<u8>(raw.imm[0].size / 8), true};
    return {};
}

void place(Op& op, u64 offset, u8 length) {
    op.where = static_cast<u16>(offset | u64{length} << 12);
    if (op.base == offsetof(Registers, rip)) op.disp += static_cast<i64>(offset + length);
}

}  // namespace cpu
