#include "emu/export/instruction_reads.hpp"

#include "cpu/lower.hpp"

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

u64 addressOf(const cpu::Decoded& decoded, const ZydisDecodedOperand& operand, u64 next, const AddressRegisters& registers) {
    const ZydisDecodedOperandMem& memory = operand.mem;
    u64 address = valueOf(memory.base, next, registers) + valueOf(memory.index, next, registers) * memory.scale;
    if (memory.disp.has_displacement) address += static_cast<u64>(memory.disp.value);
    if (decoded.insn.address_width == 32) address &= 0xffff'ffff;
    return address + (memory.segment == ZYDIS_REGISTER_FS ? registers.fs_base :
                      memory.segment == ZYDIS_REGISTER_GS ? registers.gs_base :
                                                            0);
}

}  // namespace

std::vector<MemoryRead> memoryReads(std::span<const u8> instruction, u64 next, const AddressRegisters& before,
                                    const AddressRegisters& after) {
    cpu::Decoded decoded;
    std::vector<MemoryRead> reads;
    if (!ZYAN_SUCCESS(cpu::decode(instruction.data(), instruction.size(), decoded))) return reads;
    for (std::size_t i = 0; i < decoded.insn.operand_count; ++i) {
        const ZydisDecodedOperand& operand = decoded.operand[i];
        const u64 size = operand.size / 8;
        if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || operand.mem.type != ZYDIS_MEMOP_TYPE_MEM ||
            !(operand.actions & ZYDIS_OPERAND_ACTION_MASK_READ))
            continue;
        u64 from = addressOf(decoded, operand, next, before), bytes = size;
        if (repeats(decoded.insn)) {
            const u64 end = addressOf(decoded, operand, next, after);
            bytes = end >= from ? end - from : from - end;
            if (end < from) from = end + size;      // downwards: the flag DF
        }
        if (bytes && bytes <= mostBytes) reads.push_back({from, bytes});
    }
    return reads;
}

}  // namespace emu
