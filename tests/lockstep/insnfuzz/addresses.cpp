// Registers for the addresses that were chosen: each memory operand's base, or else its index, is solved for.
#include "tests/lockstep/insnfuzz/values.hpp"

#include <cstring>

namespace insnfuzz::detail {

namespace {

using cpu::Registers;

unsigned numberOf(ZydisRegister reg) {
    const u16 at = cpu::registerOffset(ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg));
    return at / 8 < 16 ? at / 8 : 16;
}

class Solver {
public:
    Solver(const Instruction& insn, Random& random, Registers& r) : d_(insn.decoded), random_(random), r_(r) {}

    void prepare() {
        r_.fs_base = random_.below(3) ? random_.below(4096) : 0;
        r_.gs_base = random_.below(3) ? random_.next() >> 17 : 0;
        if (faultsAreOpen() && d_.insn.address_width == 32) r_.gs_base = 0;
        const ZydisInstructionCategory category = d_.insn.meta.category;
        if (category == ZYDIS_CATEGORY_STRINGOP && random_.below(16)) r_.gpr[cpu::RCX] = random_.below(80);
        const bool bits = category == ZYDIS_CATEGORY_BITBYTE && d_.operand[0].type == ZYDIS_OPERAND_TYPE_MEMORY;
        if (bits && d_.operand[1].type == ZYDIS_OPERAND_TYPE_REGISTER) {
            const unsigned offset = numberOf(d_.operand[1].reg.value);
            if (offset < 16) r_.gpr[offset] = random_.below(4096) - 2048, fixed_ |= 1u << offset;
        }
        // The host has more state components than the model; they are the kernel's choice.
        if (savesComponents()) r_.gpr[cpu::RAX] &= 7, r_.gpr[cpu::RDX] &= ~u64{0xffffffff};
        const bool divides = d_.insn.mnemonic == ZYDIS_MNEMONIC_DIV || d_.insn.mnemonic == ZYDIS_MNEMONIC_IDIV;
        if (divides && random_.below(2)) r_.gpr[cpu::RDX] = random_.below(8) - 2;
    }
    u64 solve(const ZydisDecodedOperand& operand) {
        const ZydisDecodedOperandMem& mem = operand.mem;
        u64 target = faultsAreOpen() ? DATA + 1024 + (random_.below(2) ? random_.below(4096) : random_.below(64) * 64) :
                                       randomAddress(random_, operand.size / 8);
        if (masked() && target - 0x7fffffffff00 < 0x100) target = 0;       // not the edge of the canonical addresses
        if (mem.segment == ZYDIS_REGISTER_FS) target -= r_.fs_base;
        if (mem.segment == ZYDIS_REGISTER_GS) target -= r_.gs_base;
        const bool relative = mem.base == ZYDIS_REGISTER_RIP || mem.base == ZYDIS_REGISTER_EIP;
        if (mem.base == ZYDIS_REGISTER_NONE || relative) target = direct(mem, target, relative);
        else if (mem.type == ZYDIS_MEMOP_TYPE_VSIB) target = gather(mem, target);
        else based(mem, target);
        return linear(mem);
    }
    u64 linear(const ZydisDecodedOperandMem& mem) const {
        const bool relative = mem.base == ZYDIS_REGISTER_RIP || mem.base == ZYDIS_REGISTER_EIP;
        u64 address = mem.disp.has_displacement ? static_cast<u64>(mem.disp.value) : 0;
        if (relative) address += r_.rip + d_.insn.length;
        else if (mem.base != ZYDIS_REGISTER_NONE && numberOf(mem.base) < 16) address += r_.gpr[numberOf(mem.base)];
        if (mem.type != ZYDIS_MEMOP_TYPE_VSIB && numberOf(mem.index) < 16) address += indexOf(mem) * mem.scale;
        if (d_.insn.address_width == 32) address &= 0xffffffff;
        if (mem.segment == ZYDIS_REGISTER_FS) address += r_.fs_base;
        if (mem.segment == ZYDIS_REGISTER_GS) address += r_.gs_base;
        return address;
    }

private:
    // Whether bytes that the mask does not choose may fault is left to the processor (SDM Vol. 2, MASKMOVDQU); docs/fidelity.md.
    bool faultsAreOpen() const {
        const ZydisMnemonic m = d_.insn.mnemonic;
        return m == ZYDIS_MNEMONIC_MASKMOVQ || m == ZYDIS_MNEMONIC_MASKMOVDQU || m == ZYDIS_MNEMONIC_VMASKMOVDQU || m == ZYDIS_MNEMONIC_VCVTPS2PH ||
               savesComponents();
    }
    bool savesComponents() const {
        return d_.insn.meta.category == ZYDIS_CATEGORY_XSAVE || d_.insn.meta.category == ZYDIS_CATEGORY_XSAVEOPT;
    }
    bool masked() const {
        const ZydisMnemonic m = d_.insn.mnemonic;
        return m == ZYDIS_MNEMONIC_VMASKMOVPS || m == ZYDIS_MNEMONIC_VMASKMOVPD || m == ZYDIS_MNEMONIC_VPMASKMOVD ||
               m == ZYDIS_MNEMONIC_VPMASKMOVQ;
    }
    u64 indexOf(const ZydisDecodedOperandMem& mem) const {
        const u64 value = r_.gpr[numberOf(mem.index)];
        return mem.index == ZYDIS_REGISTER_AL ? value & 0xff : value;      // XLAT
    }
    u64 displacementOf(const ZydisDecodedOperandMem& mem) const { return mem.disp.has_displacement ? static_cast<u64>(mem.disp.value) : 0; }

    // No base to solve for: the segment's base, or an index register.
    u64 direct(const ZydisDecodedOperandMem& mem, u64 target, bool relative) {
        if (mem.type == ZYDIS_MEMOP_TYPE_VSIB) return gather(mem, target);
        if (mem.index != ZYDIS_REGISTER_NONE && numberOf(mem.index) < 16) {
            const unsigned index = numberOf(mem.index);
            if (!(fixed_ >> index & 1)) r_.gpr[index] = (target - displacementOf(mem)) / (mem.scale ? mem.scale : 1);
            fixed_ |= 1u << index;
        } else if (mem.segment == ZYDIS_REGISTER_FS || mem.segment == ZYDIS_REGISTER_GS) {
            // The displacement was chosen for a base of 0 (patchAddress).
            u64& base = mem.segment == ZYDIS_REGISTER_FS ? r_.fs_base : r_.gs_base;
            base = random_.below(2) * 16;
        }
        (void)relative;
        return target;
    }
    void based(const ZydisDecodedOperandMem& mem, u64 target) {
        const unsigned base = numberOf(mem.base), index = numberOf(mem.index);
        if (base >= 16) return;
        if (fixed_ >> base & 1) {
            if (index < 16 && index != base && !(fixed_ >> index & 1)) {
                r_.gpr[index] = (target - displacementOf(mem) - r_.gpr[base]) / (mem.scale ? mem.scale : 1);
                fixed_ |= 1u << index;
            }
            return;
        }
        fixed_ |= 1u << base;
        if (index == base) {
            r_.gpr[base] = (target - displacementOf(mem)) / (mem.scale + 1u);
            return;
        }
        if (index < 16) fixed_ |= 1u << index;
        const u64 scaled = index < 16 ? indexOf(mem) * mem.scale : 0;
        r_.gpr[base] = target - displacementOf(mem) - scaled;
    }
    // VSIB: small indices around the base, whole addresses without one.
    u64 gather(const ZydisDecodedOperandMem& mem, u64 target) {
        const unsigned base = mem.base == ZYDIS_REGISTER_NONE ? 16 : numberOf(mem.base);
        const u64 middle = base < 16 ? 0 : (target - displacementOf(mem)) / (mem.scale ? mem.scale : 1);
        if (base < 16) r_.gpr[base] = target - displacementOf(mem), fixed_ |= 1u << base;
        const unsigned number = (cpu::registerOffset(mem.index) - offsetof(Registers, ymm)) / sizeof(cpu::Vector256);
        if (number >= 16) return target;
        const ZydisMnemonic m = d_.insn.mnemonic;
        const bool wide = m == ZYDIS_MNEMONIC_VGATHERQPS || m == ZYDIS_MNEMONIC_VGATHERQPD || m == ZYDIS_MNEMONIC_VPGATHERQD ||
                          m == ZYDIS_MNEMONIC_VPGATHERQQ;
        for (u64& lane : r_.ymm[number].lane) {
            const u64 low = middle + random_.below(256) - 128, high = middle + random_.below(256) - 128;
            lane = wide ? low : (low & 0xffffffff) | high << 32;
        }
        return target;
    }

    const cpu::Decoded& d_;
    Random& random_;
    Registers& r_;
    unsigned fixed_ = 0;
};

}  // namespace

void solveAddresses(const Instruction& insn, Random& random, Registers& r, u64* addresses, u64* sizes, unsigned& count) {
    Solver solver(insn, random, r);
    solver.prepare();
    const ZydisDecodedInstruction& d = insn.decoded.insn;
    for (const bool hidden : {false, true})         // visible operands first: the others share their registers
        for (unsigned i = hidden ? d.operand_count_visible : 0; i < (hidden ? d.operand_count : d.operand_count_visible); ++i) {
            const ZydisDecodedOperand& operand = insn.decoded.operand[i];
            if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || count == 8) continue;
            solver.solve(operand);
        }
    for (unsigned i = 0; i < d.operand_count; ++i) {
        const ZydisDecodedOperand& operand = insn.decoded.operand[i];
        if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || count == 8) continue;
        sizes[count] = operand.size / 8;
        addresses[count++] = solver.linear(operand.mem);
    }
}

}  // namespace insnfuzz::detail
