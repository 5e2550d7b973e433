#include "tests/lockstep/insnfuzz/forms.hpp"

#include <algorithm>

namespace insnfuzz {

namespace {

constexpr u8 PREFIXES[] = {0, 0x66, 0xf2, 0xf3};

std::string operandName(const ZydisDecodedOperand& operand) {
    const std::string bits = std::to_string(operand.size);
    switch (operand.type) {
        case ZYDIS_OPERAND_TYPE_MEMORY: {
            const bool vector = operand.mem.type == ZYDIS_MEMOP_TYPE_VSIB;
            return operand.size ? (vector ? "vm" : "m") + bits : "m";
        }
        case ZYDIS_OPERAND_TYPE_IMMEDIATE: return (operand.imm.is_relative ? "rel" : "imm") + bits;
        case ZYDIS_OPERAND_TYPE_POINTER: return "ptr" + bits;
        default: break;
    }
    switch (ZydisRegisterGetClass(operand.reg.value)) {
        case ZYDIS_REGCLASS_GPR8: case ZYDIS_REGCLASS_GPR16: case ZYDIS_REGCLASS_GPR32: case ZYDIS_REGCLASS_GPR64: return "r" + bits;
        case ZYDIS_REGCLASS_X87: return "st";
        case ZYDIS_REGCLASS_MMX: return "mm";
        case ZYDIS_REGCLASS_XMM: return "xmm";
        case ZYDIS_REGCLASS_YMM: return "ymm";
        case ZYDIS_REGCLASS_SEGMENT: return "sreg";
        case ZYDIS_REGCLASS_CONTROL: return "cr";
        case ZYDIS_REGCLASS_DEBUG: return "dr";
        default: return "reg" + bits;
    }
}

// Opcodes of which the register form's rm is part, too.
bool rmChooses(const Skeleton& s) {
    return (s.map == Map::one && s.opcode >= 0xd8 && s.opcode <= 0xdf) || (s.map == Map::of && (s.opcode == 0x01 || s.opcode == 0xae)) ||
           (s.map == Map::of && s.opcode == 0x1e);
}

class Walk {
public:
    explicit Walk(cpu::Level level) : level_(level) {}
    Forms forms;
    void skeleton(Skeleton s) {
        if (!isVex(s.map)) return (void)add(s);
        s.vvvv = 15;
        if (add(s)) return;
        s.vvvv = 15 - 13;       // gathers want three different registers
        add(s);
    }

private:
    bool add(Skeleton s) {
        for (const bool index : {false, true}) {
            if (index && !s.memory()) break;
            s.needsIndex = index;
            const std::vector<u8> bytes = simplest(s);
            cpu::Decoded d;
            if (!ZYAN_SUCCESS(cpu::decode(bytes.data(), bytes.size(), d, level_))) continue;
            const bool prefixUsed = !s.prefix || isVex(s.map) || uses(s, d);
            if (prefixUsed) forms.byMnemonic[d.insn.mnemonic][formOf(d)].push_back(s);
            return true;
        }
        return false;
    }
    // A prefix that changes nothing is no other encoding; the generator adds such prefixes anywhere.
    bool uses(Skeleton s, const cpu::Decoded& with) {
        s.prefix = 0;
        const std::vector<u8> bytes = simplest(s);
        cpu::Decoded without;
        if (!ZYAN_SUCCESS(cpu::decode(bytes.data(), bytes.size(), without, level_))) return true;
        return without.insn.mnemonic != with.insn.mnemonic || formOf(without) != formOf(with);
    }
    cpu::Level level_;
};

void walkOpcode(Walk& walk, Skeleton s) {
    for (const u8 prefix : PREFIXES)
        for (unsigned bits = 0; bits < (isVex(s.map) ? 4 : 2); ++bits) {
            s.prefix = prefix;
            s.wide = bits & 1;
            s.longVector = bits & 2;
            for (unsigned reg = 0; reg < 8; ++reg) {
                s.freeRm = true;
                s.modrm = static_cast<u8>(reg << 3);
                walk.skeleton(s);
                s.modrm |= 0xc0;
                s.freeRm = !rmChooses(s);
                for (unsigned rm = 0; rm < (s.freeRm ? 1 : 8); ++rm) {
                    s.modrm = static_cast<u8>(0xc0 | reg << 3 | rm);
                    walk.skeleton(s);
                }
            }
        }
}

bool isPrefix(u8 byte) {
    constexpr u8 all[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x62, 0xc4, 0xc5, 0x0f};
    return (byte & 0xf0) == 0x40 || std::find(std::begin(all), std::end(all), byte) != std::end(all);
}

}  // namespace

std::vector<u8> simplest(const Skeleton& s) {
    std::vector<u8> bytes;
    if (isVex(s.map)) {
        const u8 pp = s.prefix == 0x66 ? 1 : s.prefix == 0xf3 ? 2 : s.prefix == 0xf2 ? 3 : 0;
        const u8 map = static_cast<u8>(static_cast<u8>(s.map) - static_cast<u8>(Map::vexOf) + 1);
        bytes = {0xc4, static_cast<u8>(0xe0 | map), static_cast<u8>(s.wide << 7 | s.vvvv << 3 | s.longVector << 2 | pp)};
    } else {
        if (s.prefix) bytes.push_back(s.prefix);
        if (s.wide) bytes.push_back(0x48);
        if (s.map != Map::one) bytes.push_back(0x0f);
        if (s.map == Map::of38) bytes.push_back(0x38);
        if (s.map == Map::of3a) bytes.push_back(0x3a);
    }
    bytes.push_back(s.opcode);
    bytes.push_back(static_cast<u8>(s.modrm | (s.needsIndex ? 4 : 0)));
    if (s.needsIndex) bytes.push_back((s.modrm >> 3 & 7) == 1 ? 0x10 : 0x08);      // another index than the destination
    bytes.insert(bytes.end(), 12, 0);
    if (bytes.size() > 15) bytes.resize(15);
    return bytes;
}

std::string formOf(const cpu::Decoded& d) {
    std::string form;
    if (d.insn.attributes & ZYDIS_ATTRIB_HAS_LOCK) form = "lock";
    if (d.insn.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE)) form = "rep";
    if (d.insn.attributes & ZYDIS_ATTRIB_HAS_REPNE) form = "repne";
    for (unsigned i = 0; i < d.insn.operand_count_visible; ++i)
        form += (i ? ", " : form.empty() ? "" : " ") + operandName(d.operand[i]);
    return form;
}

std::string mnemonicName(ZydisMnemonic mnemonic) {
    const char* name = ZydisMnemonicGetString(mnemonic);
    std::string upper = name ? name : "invalid";
    std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return upper;
}

Forms walkForms(cpu::Level level) {
    Walk walk(level);
    for (const Map map : {Map::one, Map::of, Map::of38, Map::of3a, Map::vexOf, Map::vexOf38, Map::vexOf3a})
        for (unsigned opcode = 0; opcode < 256; ++opcode) {
            if (map == Map::one && isPrefix(static_cast<u8>(opcode))) continue;
            if (map == Map::of && (opcode == 0x38 || opcode == 0x3a || opcode == 0x0f)) continue;
            walkOpcode(walk, {map, 0, static_cast<u8>(opcode), 0, false, false, false, 15, true});
        }
    return std::move(walk.forms);
}

}  // namespace insnfuzz
