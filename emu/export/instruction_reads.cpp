#include "emu/export/instruction_reads.hpp"

#include "cpu/lower.hpp"

#include <algorithm>

namespace emu {

namespace {

constexpr u64 mostBytes = 65536;        // of one read

u64 valueOf(ZydisRegister name, u64 next, const AddressRegisters& registers) {
    if (name == ZYDIS_REGISTER_NONE) return 0;
    if (name == ZYDIS_REGISTER_RIP || name == ZYDIS_REGISTER_EIP) return next;
    const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name);
    const auto id = static_cast<unsigned>(ZydisRegisterGetId(whole));
    const u64 value = id < registers.general.size() ? registers.general[id] : 0;
    const unsigned width = ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, name);
    return width < 64 ? value & ((u64{1} << width) - 1) : value;
}

bool repeats(const ZydisDecodedInstruction& instruction) {
    return instruction.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE);
}

// But for an index in a vector register.
u64 addressOf(const cpu::Decoded& decoded, const ZydisDecodedOperand& operand, u64 next, const AddressRegisters& registers, u64 index) {
    const ZydisDecodedOperandMem& memory = operand.mem;
    u64 address = valueOf(memory.base, next, registers) + index * memory.scale;
    if (memory.disp.has_displacement) address += static_cast<u64>(memory.disp.value);
    if (decoded.insn.address_width == 32) address &= 0xffff'ffff;
    if (memory.segment == ZYDIS_REGISTER_FS) return address + registers.fs_base;
    return address + (memory.segment == ZYDIS_REGISTER_GS ? registers.gs_base : 0);
}
u64 addressOf(const cpu::Decoded& decoded, const ZydisDecodedOperand& operand, u64 next, const AddressRegisters& registers) {
    return addressOf(decoded, operand, next, registers, valueOf(operand.mem.index, next, registers));
}

MemoryRead readOf(const cpu::Decoded& decoded, const ZydisDecodedOperand& operand, u64 next, const AddressRegisters& before,
                  const AddressRegisters& after) {
    const u64 from = addressOf(decoded, operand, next, before), size = operand.size / 8;
    if (!repeats(decoded.insn)) return {from, size};
    const u64 end = addressOf(decoded, operand, next, after);
    return end < from ? MemoryRead{end + size, from - end} : MemoryRead{from, end - from};      // downwards: the flag DF
}

// An element of a vector register, sign-extended.
u64 element(const AddressRegisters& registers, ZydisRegister vector, unsigned i, unsigned bytes) {
    const u64 word = registers.vectors[static_cast<unsigned>(ZydisRegisterGetId(vector)) & 15][i * bytes / 8 & 3];
    return bytes == 8 ? word : static_cast<u64>(static_cast<i64>(static_cast<i32>(word >> (i * bytes % 8 * 8))));
}

// VGATHER and VPGATHER: the elements whose mask has its highest bit (SDM Vol. 2C).
void gather(std::vector<MemoryRead>& reads, const cpu::Decoded& decoded, u64 next, const AddressRegisters& registers) {
    const ZydisDecodedOperand &into = decoded.operand[0], &from = decoded.operand[1], &mask = decoded.operand[2];
    const unsigned size = into.element_size / 8u;
    const bool wide = decoded.insn.mnemonic == ZYDIS_MNEMONIC_VGATHERQPS || decoded.insn.mnemonic == ZYDIS_MNEMONIC_VGATHERQPD ||
                      decoded.insn.mnemonic == ZYDIS_MNEMONIC_VPGATHERQD || decoded.insn.mnemonic == ZYDIS_MNEMONIC_VPGATHERQQ;
    const unsigned index_size = wide ? 8 : 4;
    const unsigned indices = ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, from.mem.index) / 8u / index_size;
    for (unsigned i = 0; i < std::min(indices, into.size / 8u / size); ++i)
        if (static_cast<i64>(element(registers, mask.reg.value, i, size)) < 0)
            reads.push_back({addressOf(decoded, from, next, registers, element(registers, from.mem.index, i, index_size)), size});
}

// XRSTOR: its header, and what is both asked for and there; the compacted form has MXCSR among the state of SSE (SDM Vol. 1, 13.8).
void restore(std::vector<MemoryRead>& reads, u64 area, const AddressRegisters& registers, const MemoryWord& word) {
    constexpr u64 X87 = 1, SSE = 2, AVX = 4;
    const u64 asked = registers.general[0] & (X87 | SSE | AVX);
    const std::optional<u64> xstate_bv = word(area + 512), xcomp_bv = word(area + 520);
    reads.push_back({area + 512, 64});
    if (!xstate_bv || !xcomp_bv) return;
    const u64 there = asked & *xstate_bv;
    if (there & X87) reads.insert(reads.end(), {{area, 24}, {area + 32, 128}});
    if (*xcomp_bv >> 63 ? there & SSE : asked & (SSE | AVX)) reads.push_back({area + 24, 8});       // and its mask
    if (there & SSE) reads.push_back({area + 160, 256});
    if (there & AVX) reads.push_back({area + 576, 256});
}

}  // namespace

std::vector<MemoryRead> memoryReads(std::span<const u8> instruction, u64 next, const AddressRegisters& before, const AddressRegisters& after,
                                    const MemoryWord& word) {
    cpu::Decoded decoded;
    std::vector<MemoryRead> reads;
    if (!ZYAN_SUCCESS(cpu::decode(instruction.data(), instruction.size(), decoded))) return reads;
    for (std::size_t i = 0; i < decoded.insn.operand_count; ++i) {
        const ZydisDecodedOperand& operand = decoded.operand[i];
        if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || !(operand.actions & ZYDIS_OPERAND_ACTION_MASK_READ)) continue;
        if (operand.mem.type == ZYDIS_MEMOP_TYPE_VSIB) gather(reads, decoded, next, before);
        if (operand.mem.type != ZYDIS_MEMOP_TYPE_MEM) continue;
        if (decoded.insn.mnemonic == ZYDIS_MNEMONIC_XRSTOR || decoded.insn.mnemonic == ZYDIS_MNEMONIC_XRSTOR64) {
            restore(reads, addressOf(decoded, operand, next, before), before, word);
            continue;
        }
        const MemoryRead read = readOf(decoded, operand, next, before, after);
        if (read.size && read.size <= mostBytes) reads.push_back(read);
    }
    return reads;
}

}  // namespace emu
