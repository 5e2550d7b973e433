#include "cpu/encoding.hpp"

#include "cpu/state.hpp"

#include <array>
#include <cstddef>
#include <cstring>

namespace cpu {

namespace {

// What follows an opcode (SDM Vol. 2 appendix A).
enum Follows : u16 {
    unknown,
    modrm = 1,          // ModRM
    group = 2,          // whose reg field belongs to the opcode
    inOpcode = 4,       // a register in the opcode's low bits
    imm8 = 8,           // an immediate of that size
    imm32 = 16,         // not with 66h, which makes it 16 bits
    exact = 32,         // an immediate on whose value the handler depends
    byteRegisters = 64, // 4 to 7 are ah to bh unless there is a REX
    alone = 128,        // nothing, or only the immediate
    onlyFirst = 256,    // the reg field is 0
    immOfTest = 512,    // of a group: the immediate belongs to reg fields 0 and 1
    extends = 1024,     // only rm is a byte register
    conditional = 2048, // the handler depends on the flags before
};
using Map = std::array<u16, 256>;

constexpr Map oneByte() {
    Map map{};
    for (unsigned row = 0; row < 0x40; row += 8) {
        map[row] = map[row + 2] = modrm | byteRegisters;
        map[row + 1] = map[row + 3] = modrm;
        map[row + 4] = imm8;
        map[row + 5] = imm32;
    }
    map[0xa8] = imm8;
    map[0xa9] = imm32;
    map[0xf6] = modrm | group | immOfTest | imm8 | byteRegisters;
    map[0xf7] = modrm | group | immOfTest | imm32;
    for (unsigned i = 0; i < 8; ++i) {
        map[0x50 + i] = map[0x58 + i] = inOpcode;
        map[0xb8 + i] = inOpcode | imm32;
        map[0x70 + i] = map[0x78 + i] = alone | imm8 | conditional;
    }
    map[0x63] = map[0x85] = map[0x89] = map[0x8b] = map[0x8d] = modrm;
    map[0x84] = map[0x88] = map[0x8a] = modrm | byteRegisters;
    map[0x69] = modrm | imm32;
    map[0x6b] = modrm | imm8;
    map[0x80] = modrm | group | imm8 | byteRegisters;
    map[0xc6] = modrm | onlyFirst | imm8 | byteRegisters;
    map[0x81] = modrm | group | imm32;
    map[0xc7] = modrm | onlyFirst | imm32;
    map[0x83] = modrm | group | imm8;
    map[0xc1] = modrm | group | imm8 | exact;
    map[0xd1] = map[0xd3] = map[0xff] = modrm | group;
    map[0xe8] = map[0xe9] = alone | imm32;
    map[0xeb] = alone | imm8;
    map[0xc3] = map[0xc9] = alone;
    return map;
}

constexpr Map twoBytes() {
    Map map{};
    for (unsigned i = 0; i < 16; ++i) {
        map[0x40 + i] = modrm | conditional;
        map[0x80 + i] = alone | imm32 | conditional;
        map[0x90 + i] = modrm | group | byteRegisters | conditional;
    }
    for (unsigned opcode : {0x10, 0x11, 0x16, 0x28, 0x29, 0x54, 0x57, 0x60, 0x61, 0x62, 0x6c, 0x6e,
                            0x6f, 0x74, 0x7e, 0x7f, 0xaf, 0xb7, 0xbf, 0xd6, 0xda, 0xdb, 0xeb, 0xef})
        map[opcode] = modrm;
    map[0x1f] = modrm | group;
    map[0xb6] = map[0xbe] = modrm | byteRegisters | extends;
    return map;
}
constexpr Map maps[] = {oneByte(), twoBytes()};

constexpr auto prefixes = [] {
    std::array<u8, 256> is{};
    is[0x66] = is[0xf2] = is[0xf3] = is[0x64] = 0xff;
    return is;
}();

// Bytes are told apart by tables and arithmetic: what comes next in a program is nothing that the host could predict.
struct Reader {
    const u8* at;
    u8 prefix, rex;
    bool two;
    u8 opcode;
    u16 follows;

    explicit Reader(const u8* bytes) : at(bytes) {
        prefix = *at & prefixes[*at];
        at += prefixes[*at] & 1;
        const bool has_rex = (*at & 0xf0) == 0x40;
        rex = has_rex ? *at : 0;
        at += has_rex;
        two = *at == 0x0f;
        at += two;
        opcode = *at++;
        follows = maps[two][opcode];
    }
    u64 where(unsigned flags) const { return follows & flags ? ~u64{0} : 0; }   // a mask
    bool registers(Encoding& e, u64& form);
    void address(Encoding& e, u8 mod, u64& form);
    bool immediate(Encoding& e, u64& form);
};

constexpr u8 slotOfRegister(unsigned number) { return static_cast<u8>(offsetof(Registers, gpr) + 8 * number); }

// A memory operand by its ModRM byte, or by its SIB byte where there is one (SDM Vol. 2 tables 2-2 and 2-3).
struct Addressing {
    u8 form, base;          // base: as in Op
    bool sib;
    u8 bytes, shift;        // of the displacement; shift: its sign bit's distance from bit 31
    u32 mask;               // 0 where there is none
};
// form: what kind of operand, as far as a handler can depend on it. A based address and one with rsp or rbp differ in their faults.
constexpr u8 BASED = 1, INDEXED = 2, RELATIVE = 3, STACKED = 4, BARE = 8;

constexpr Addressing addressing(unsigned mod, unsigned number, bool of_sib) {
    const bool five = mod == 0 && (number & 7) == 5;            // no base: the displacement alone, or from rip
    const bool stacked = !five && (number == RSP || number == RBP);
    const u8 bytes = mod == 1 ? 1 : mod == 2 || five ? 4 : 0;
    const u8 base = five ? (of_sib ? offsetof(Registers, zero) : offsetof(Registers, rip)) : slotOfRegister(number);
    const u8 form = five && !of_sib ? RELATIVE : static_cast<u8>(BASED | (five ? BARE : 0) | (stacked ? STACKED : 0));
    return {form, base, !of_sib && (number & 7) == 4, bytes, static_cast<u8>(bytes == 1 ? 24 : 0), bytes ? ~0u : 0u};
}
constexpr auto addressings = [] {
    std::array<std::array<Addressing, 64>, 2> all{};            // without and of a SIB byte; mod << 4 | base
    for (unsigned sib = 0; sib < 2; ++sib)
        for (unsigned i = 0; i < 48; ++i) all[sib][i] = addressing(i >> 4, i & 15, sib != 0);
    return all;
}();

void Reader::address(Encoding& e, u8 mod, u64& form) {
    const Addressing* a = &addressings[0][mod << 4 | e.rm];
    e.memory = true;
    e.index = offsetof(Registers, zero);
    unsigned indexed = 0;
    if (a->sib) {
        const u8 sib = *at++;
        a = &addressings[1][mod << 4 | (rex & 1) << 3 | (sib & 7)];
        const unsigned index = (sib >> 3 & 7) | (rex & 2) << 2;
        indexed = index != 4;
        e.index = indexed ? slotOfRegister(index) : e.index;
        e.scale = static_cast<u8>(1 << (indexed ? sib >> 6 : 0));
    }
    form = a->form + indexed * (INDEXED - BASED);
    e.base = a->base;
    u32 disp;
    std::memcpy(&disp, at, sizeof disp);                        // at most the bytes 6 to 9 of fifteen
    e.disp = static_cast<i32>(disp << a->shift & a->mask) >> a->shift;
    at += a->bytes;
}

// Those of ModRM, or the one in the opcode, which is rm then.
bool Reader::registers(Encoding& e, u64& form) {
    const bool has = follows & modrm;
    const u8 byte = has ? *at : 0xc0, mod = byte >> 6;
    at += has;
    e.reg = static_cast<u8>(((byte >> 3 & 7) | (rex & 4) << 1) & where(modrm));
    e.rm = static_cast<u8>((((follows & inOpcode ? opcode : byte) & 7) | (rex & 1) << 3) & where(modrm | inOpcode));
    opcode = static_cast<u8>(opcode & ~(where(inOpcode) & 7));
    if (follows & onlyFirst && byte & 0x38) return false;
    if (follows & immOfTest && byte & 0x30) follows &= static_cast<u16>(~(imm8 | imm32));
    if (mod != 3) address(e, mod, form);
    form |= u64{e.reg & 7u} << 8 & where(group);
    if (follows & byteRegisters && !rex) {
        constexpr u8 HIGH = 12;
        if (e.reg >= 4 && !(follows & (group | extends))) e.reg += HIGH;
        if (e.rm >= 4 && mod == 3) e.rm += HIGH;
    }
    return true;
}

bool Reader::immediate(Encoding& e, u64& form) {
    const bool moves = !two & ((opcode & 0xf8) == 0xb8), wide = rex & 8;
    if (follows & imm32 && ((prefix == 0x66) | (moves & wide))) return false;       // 16 and 64 bits
    u32 value;
    std::memcpy(&value, at, sizeof value);                      // at most the bytes 10 to 13 of fifteen
    const unsigned cut = follows & imm8 ? 24 : 0;
    e.imm = static_cast<i32>(static_cast<i32>(value << cut) >> cut & where(imm8 | imm32));
    at += (where(imm8) & 1) | (where(imm32) & 4);
    e.wide = ((follows & imm32) != 0) & !two & (opcode == 0xc7) & wide & !e.memory;
    form |= u64{static_cast<u8>(e.imm)} << 16 & where(exact);
    e.immediate = ((follows & (imm8 | imm32)) != 0) & !(follows & exact);
    return true;
}

}  // namespace

Encoding encodingOf(const u8 (&bytes)[LONGEST]) {
    Encoding e;
    Reader reader(bytes);
    if (reader.follows == unknown || (reader.follows & alone && (reader.rex || reader.prefix == 0x66))) return e;
    u64 form = 0;
    if (!reader.registers(e, form) || !reader.immediate(e, form)) return e;
    e.length = static_cast<u8>(reader.at - bytes);
    e.conditional = reader.follows & conditional;
    e.shape =
        u64{1} << 63 | form << 24 | u64{reader.prefix} << 16 | u64{(reader.rex & 8u) != 0} << 9 | u64{reader.two} << 8 | reader.opcode;
    return e;
}

}  // namespace cpu
