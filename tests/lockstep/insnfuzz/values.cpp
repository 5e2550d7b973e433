#include "tests/lockstep/insnfuzz/values.hpp"

#include "cpu/x87.hpp"

#include <cstring>
#include <iterator>

namespace insnfuzz {

namespace {

using cpu::Registers;

u64 integer(Random& random) {
    const u64 bits = random.next();
    switch (random.below(10)) {
        case 0: return bits >> 60;
        case 1: return ~(bits >> 60);
        case 2: return u64{1} << bits % 64;
        case 3: return (u64{1} << bits % 64) - 1;
        case 4: return bits & 0xffffffff;
        case 5: return static_cast<u64>(static_cast<i64>(static_cast<i16>(bits)));
        case 6: return CODE + 0x800 + bits % 1024;
        default: return bits;
    }
}

u64 doubles(Random& random) {
    constexpr u64 CORNERS[] = {
        0, u64{1} << 63, 1, 0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff, 0x7ff0000000000000, 0xfff0000000000000,
        0x7ff0000000000001, 0x7ff8000000000000, 0xfff8000000000000, 0x7ff8000000001234, 0x3ff0000000000000, 0xbff0000000000000,
        0x41dfffffffc00000, 0x41e0000000000000, 0xc1e0000000000000, 0x43e0000000000000, 0xc3e0000000000000, 0x47efffffe0000000,
        0x380fffffffffffff, 0x36a0000000000000, 0x3fe0000000000000, 0x4340000000000001, 0x8000000000000001, 0xfff0000000000123};
    const u64 bits = random.next();
    switch (random.below(6)) {
        case 0: case 1: return CORNERS[bits % std::size(CORNERS)];
        case 2: return bits;
        case 3: return (bits & 0x800fffffffffffff) | (bits >> 52 & 1) << 52;                            // next to the denormals
        case 4: return (bits & 0x800f000000000000) | (1023 + bits % 70) << 52;                          // few bits
        default: return (bits & 0x800fffffffffffff) | (1023 - 32 + (bits >> 40) % 64) << 52;
    }
}

u32 singles(Random& random) {
    constexpr u32 CORNERS[] = {0, 0x80000000, 1, 0x007fffff, 0x00800000, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7f800001, 0x7fc00000, 0xffc00000,
                               0x7fc01234, 0x3f800000, 0xbf800000, 0x4effffff, 0x4f000000, 0xcf000000, 0x5f000000, 0xdf000000, 0x3f000000,
                               0x477fe000, 0x47800000, 0x387fc000, 0x33800000, 0x80000001, 0xff800123, 0x4b000001};
    const u64 bits = random.next();
    switch (random.below(6)) {
        case 0: case 1: return CORNERS[bits % std::size(CORNERS)];
        case 2: return static_cast<u32>(bits);
        case 3: return static_cast<u32>((bits & 0x807fffff) | (bits >> 40 & 1) << 23);
        case 4: return static_cast<u32>((bits & 0x80780000) | (127 + bits % 40) << 23);
        default: return static_cast<u32>((bits & 0x807fffff) | (127 - 16 + (bits >> 40) % 32) << 23);
    }
}

u64 small(Random& random) {         // lanes of small or extreme integers
    constexpr u64 CORNERS[] = {0x7f807f807f807f80, 0x7fff80007fff8000, 0x7fffffff80000000, 0, ~u64{0},
                               0x0001ffff0001ffff, 0x8080808080808080};
    const u64 bits = random.next();
    return bits & 1 ? CORNERS[(bits >> 8) % std::size(CORNERS)] : bits & 0x0f1f0f1f0f1f0f1f;
}

enum class Flavour : u8 { integers, singles, doubles };
u64 lane(Flavour flavour, Random& random) {
    if (flavour == Flavour::doubles) return doubles(random);
    if (flavour == Flavour::singles) return singles(random) | u64{singles(random)} << 32;
    return random.below(3) ? random.next() : small(random);
}

Flavour flavourOf(const Instruction& insn, Random& random) {
    if (random.below(8) == 0 || !insn.valid) return static_cast<Flavour>(random.below(3));
    for (unsigned i = insn.decoded.insn.operand_count_visible; i-- > 0;) {
        const ZydisElementType type = insn.decoded.operand[i].element_type;
        if (type == ZYDIS_ELEMENT_TYPE_FLOAT64) return Flavour::doubles;
        if (type == ZYDIS_ELEMENT_TYPE_FLOAT32 || type == ZYDIS_ELEMENT_TYPE_FLOAT16) return Flavour::singles;
    }
    return Flavour::integers;
}

void extended(Random& random, cpu::X87::Slot& slot) {
    const u64 bits = random.next();
    const u16 sign = static_cast<u16>(bits & 0x8000);
    const u64 fraction = bits & 0x10000 ? random.next() : random.next() & 0xf800000000000000;
    const auto set = [&](u64 significand, u64 exponent) {
        slot.significand = significand;
        slot.exponent = static_cast<u16>(sign | exponent);
    };
    constexpr u64 ONE = u64{1} << 63;
    switch (random.below(16)) {
        case 0: return set(0, 0);
        case 1: return set(fraction & ~ONE, 0);                         // denormal
        case 2: return set(fraction | ONE, 0);                          // pseudo-denormal
        case 3: return set(fraction & ~ONE, 1 + bits % 0x7ffe);         // unnormal: invalid operand
        case 4: return set(ONE, 0x7fff);
        case 5: return set(fraction | ONE, 0x7fff);                     // NaN, signalling or quiet
        case 6: return set(fraction & ~ONE, 0x7fff);                    // pseudo-NaN, pseudo-infinity
        case 7: return set(fraction | ONE, (bits >> 20) % 0x7fff);
        case 8: return set(fraction | ONE, bits >> 20 & 1 ? 1 + (bits >> 24) % 70 : 0x7ffe - (bits >> 24) % 70);
        case 9: return set(ONE, 0x3fff + (bits >> 20) % 66);
        case 10: return set(random.next() | ONE, 0x3fff + (bits >> 20) % 66);
        default: return set(fraction | ONE, 0x3fff - 40 + (bits >> 20) % 80);
    }
}

void x87State(const Instruction& insn, Random& random, cpu::X87& x87) {
    const u64 bits = random.next();
    x87 = {};
    x87.control = static_cast<u16>((bits & 0x0f00) | 0x7f);
    if ((bits >> 16 & 7) == 0) x87.control = static_cast<u16>((bits & 0x0f00) | 0x40 | (bits >> 20 & 0x3f));
    x87.status = static_cast<u16>(bits >> 32 & 0x7f00);
    if (bits >> 48 & 1) x87.status |= static_cast<u16>(bits >> 49 & 0x7f);
    if ((bits >> 56 & 7) == 0) x87.status &= 0x7fc0;
    const unsigned full = (bits >> 60 & 1) ? 0xff : static_cast<unsigned>(random.next() >> 20 & 0xff);
    x87.tags = 0;
    for (unsigned i = 0; i < 8; ++i) x87.tags |= static_cast<u16>((full >> i & 1 ? 0 : 3) << 2 * i);
    const bool packed = insn.valid && insn.decoded.insn.meta.isa_ext == ZYDIS_ISA_EXT_MMX;
    for (cpu::X87::Slot& slot : x87.physical) {
        extended(random, slot);
        if (packed) slot.significand = lane(Flavour::integers, random);
    }
    if (random.below(4) == 0) x87 = {};
    x87.opcode = static_cast<u16>(random.next() & 0x7ff);
    x87.instruction = random.next() >> 17;
    x87.operand = random.next() >> 17;
    cpu::settleX87(x87);
}

u32 mxcsr(Random& random) {
    const u32 bits = static_cast<u32>(random.next() >> 16);
    u32 value = 0x1f80;
    if (bits & 0x10000) value |= bits & 0xe07f;                             // rounding, FTZ, DAZ, flags
    if ((bits & 0xe0000) == 0) value = (value & ~0x1f80u) | (bits & 0x1f80);
    return value;
}

}  // namespace

void fillMemory(Random& random, u8* memory, u64 size) {
    for (u64 at = 0; at < size; at += 8) {
        const u64 value = random.below(4) == 0 ? integer(random) : lane(static_cast<Flavour>(at / 512 % 3), random);
        std::memcpy(memory + at, &value, 8);
    }
}

namespace detail {
void solveAddresses(const Instruction& insn, Random& random, Registers& r, u64* addresses, u64* sizes, unsigned& count);
}

bool randomState(const Instruction& insn, const StateOptions& options, Random& random, Registers& r, u8* memory) {
    r = {};
    const Flavour flavour = flavourOf(insn, random);
    for (u64& value : r.gpr) value = integer(random);
    r.gpr[cpu::RSP] = randomAddress(random, 8);
    const u64 bits = random.next();
    r.rflags =
        0x202 | (bits & cpu::FLAGS_STATUS) | ((bits >> 32 & 3) == 0 ? cpu::FLAG_DF : 0) | ((bits >> 40 & 31) == 0 ? cpu::FLAG_ID : 0);
    if (options.alignmentCheck && (bits >> 48 & 31) == 0) r.rflags |= cpu::FLAG_AC;
    r.rip = CODE + insn.offset;
    r.mxcsr = mxcsr(random);
    for (cpu::Vector256& vector : r.ymm)
        for (u64& value : vector.lane) value = lane(flavour, random);
    x87State(insn, random, r.x87);
    u64 addresses[8], sizes[8];
    unsigned count = 0;
    if (insn.valid) detail::solveAddresses(insn, random, r, addresses, sizes, count);
    const bool components = insn.valid && insn.decoded.insn.meta.category == ZYDIS_CATEGORY_XSAVE;
    const bool optimized = insn.valid && insn.decoded.insn.meta.category == ZYDIS_CATEGORY_XSAVEOPT;
    if ((components || optimized) && (r.gpr[cpu::RAX] & 0xfffffff8 || static_cast<u32>(r.gpr[cpu::RDX])))
        return false;    // rax is the base
    for (unsigned i = 0; i < count; ++i) {
        if (addresses[i] - (STATE - 16 * PAGE_SIZE) < 32 * PAGE_SIZE) return false;
        if (addresses[i] < DATA || addresses[i] >= DATA + DATA_SIZE) continue;
        u64 at = (addresses[i] - DATA) & ~u64{7};
        for (u64 end = at + (sizes[i] < 64 ? sizes[i] : 64) + 8; at < end && at < DATA_SIZE; at += 8) {
            const u64 value = flavour == Flavour::integers ? integer(random) : lane(flavour, random);
            std::memcpy(memory + at, &value, 8);
        }
        const bool flags = insn.decoded.insn.mnemonic == ZYDIS_MNEMONIC_POPF || insn.decoded.insn.mnemonic == ZYDIS_MNEMONIC_POPFQ;
        if (flags && addresses[i] + 1 < DATA + DATA_SIZE) memory[addresses[i] + 1 - DATA] &= 0xfe;     // TF: the way out would trap
    }
    return true;
}

}  // namespace insnfuzz
