#include "cpu/cpu.hpp"
#include "cpu/lower.hpp"

namespace cpu {

std::string Cpu::disassemble(std::span<const u8> bytes, u64 address) {
    static const ZydisFormatter formatter = [] {
        ZydisFormatter made;
        ZydisFormatterInit(&made, ZYDIS_FORMATTER_STYLE_INTEL);
        return made;
    }();
    Decoded decoded;
    if (!ZYAN_SUCCESS(decode(bytes.data(), bytes.size(), decoded))) return "(bad)";
    char text[256];
    ZydisFormatterFormatInstruction(&formatter, &decoded.insn, decoded.operand, decoded.insn.operand_count_visible, text, sizeof text, address,
                                    nullptr);
    return text;
}

}  // namespace cpu
