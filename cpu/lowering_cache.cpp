#include "cpu/lowering_cache.hpp"

#include "cpu/core.hpp"
#include "cpu/lower.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace cpu {

namespace {

i32 valueOf(const u8* bytes, Variable v) {
    if (v.size == 1) return static_cast<i8>(bytes[v.at]);
    i32 value = 0;
    if (v.size == 4) std::memcpy(&value, bytes + v.at, sizeof value);
    return value;
}

// Opcodes of one byte that no ModRM follows, as far as programs are full of them (SDM Vol. 2 appendix A).
bool standsAlone(u8 opcode) {
    return (opcode & 0xe0) == 0x40 || (opcode & 0xf0) == 0x70 || (opcode & 0xf0) == 0x90 || (opcode & 0xf0) == 0xb0 || (opcode & 0xfc) == 0xe8 ||
           opcode == 0xc3;
}

}  // namespace

// By prefix, opcode and ModRM, as well as they can be told at a glance: a wrong guess is only a miss.
u64 LoweringCache::slotOf(const u8 (&bytes)[LONGEST]) {
    unsigned i = 0;
    u32 start = 0;
    if (bytes[i] == 0x66 || bytes[i] == 0xf2 || bytes[i] == 0xf3) start = bytes[i++];
    if ((bytes[i] & 0xf0) == 0x40) start = start << 4 ^ bytes[i++];
    const bool two = bytes[i] == 0x0f;
    if (two) ++i;
    const u8 opcode = bytes[i];
    start = start << 16 | u32{two} << 24 | u32{opcode} << 8;
    if (two ? (opcode & 0xf0) != 0x80 : !standsAlone(opcode)) start |= bytes[i + 1];
    return start * 0x9e3779b1u >> (32 - BITS);
}

bool LoweringCache::Slot::holds(const u8 (&other)[LONGEST], u64 known) const {
    if (!lowered.length || (lowered.reads && lowered.known != known)) return false;
    const unsigned rest = variable.at + variable.size;
    return !std::memcmp(bytes, other, variable.at) && !std::memcmp(bytes + rest, other + rest, lowered.length - rest);
}

namespace {

// Where an operand of the op comes from: a number of the encoding, times the size of such a register.
struct Named {
    enum From : u8 { fixed, reg, rm };
    From from = fixed;
    u8 stride = 0;
    u16 first = 0;

    u16 offset(const Encoding& e, u16 otherwise) const {
        if (from == fixed) return otherwise;
        const unsigned number = from == reg ? e.reg : e.rm;
        return static_cast<u16>(number < 16 ? first + stride * number : first + stride * (number - 16) + 1);
    }
};

// Of the i-th operand. False: a register that no number of ModRM names like this.
bool nameOperand(const Decoded& decoded, unsigned i, const Encoding& e, Named& named) {
    if (i >= decoded.insn.operand_count_visible || decoded.operand[i].type != ZYDIS_OPERAND_TYPE_REGISTER) return true;
    const ZydisDecodedOperand& operand = decoded.operand[i];
    const u16 offset = registerOffset(operand.reg.value);
    if (operand.encoding == ZYDIS_OPERAND_ENCODING_NONE) return true;
    named.from = operand.encoding == ZYDIS_OPERAND_ENCODING_MODRM_REG ? Named::reg : Named::rm;
    const bool vector = offset >= offsetof(Registers, ymm);
    named.stride = vector ? sizeof(Vector256) : 8;
    named.first = vector ? offsetof(Registers, ymm) : offsetof(Registers, gpr);
    return named.offset(e, 0) == offset;
}

bool isSame(const Op& a, const Op& b) {
    return a.handler == b.handler && a.dst == b.dst && a.src == b.src && a.base == b.base && a.index == b.index && a.scale == b.scale &&
           a.segment == b.segment && a.disp == b.disp && a.imm == b.imm && a.misc == b.misc;
}

}  // namespace

struct LoweringCache::Pattern {
    u64 key;
    Named dst, src;
    Lowered lowered;

    void describe(const Encoding& e, Op& op) const;
};

// op becomes the instruction of this shape that the encoding describes. It is made in its place: to copy what was just written in
// parts would wait for all of it.
void LoweringCache::Pattern::describe(const Encoding& e, Op& op) const {
    op = lowered.op;
    op.dst = dst.offset(e, op.dst);
    op.src = src.offset(e, op.src);
    if (e.immediate) op.imm = e.imm;
    if (e.wide) op.imm64 = static_cast<u64>(i64{e.imm});
    if (e.memory) {
        op.base = e.base;
        op.index = e.index;
        op.scale = e.scale;
        op.disp = e.disp;
    }
}

struct LoweringCache::Tables {
    Pattern patterns[PATTERNS];         // in the order in which they came
    Slot slots[SLOTS];
};

LoweringCache::LoweringCache(std::span<u8> room) {
    static_assert(sizeof(Tables) <= BYTES);
    if (room.size() < sizeof(Tables)) own_.reset(static_cast<Tables*>(std::calloc(1, sizeof(Tables))));
    tables_ = own_ ? own_.get() : reinterpret_cast<Tables*>(room.data());
    if (!tables_) throw std::bad_alloc();
}
LoweringCache::~LoweringCache() = default;

void LoweringCache::clear() {
    if (slotsUsed_) std::memset(static_cast<void*>(tables_->slots), 0, sizeof tables_->slots);
    slotsUsed_ = false;
    if (count_) forgetPatterns();
}

void LoweringCache::forgetPatterns() {
    count_ = 0;
    std::ranges::fill(places_, u16{0});
}

namespace {
u64 placeOf(u64 key) { return key * 0x9e3779b97f4a7c15 >> 32; }
}

const LoweringCache::Pattern* LoweringCache::patternOf(u64 key) const {
    for (u64 at = placeOf(key);; ++at) {
        const u16 number = places_[at % PLACES];
        if (!number) return nullptr;
        if (tables_->patterns[number - 1].key == key) return &tables_->patterns[number - 1];
    }
}

void LoweringCache::keepPattern(const Pattern& pattern) {
    if (const Pattern* before = patternOf(pattern.key)) {
        tables_->patterns[before - tables_->patterns] = pattern;
        return;
    }
    if (count_ == PATTERNS) forgetPatterns();
    tables_->patterns[count_] = pattern;
    u64 at = placeOf(pattern.key);
    while (places_[at % PLACES]) ++at;
    places_[at % PLACES] = ++count_;
}

const Lowered* LoweringCache::find(const u8 (&bytes)[LONGEST], const Encoding& e, u64 known, Op& op, u8& length) const {
    if (e.shape) {
        const Pattern* pattern = patternOf(e.key(known));
        if (pattern && (!pattern->lowered.reads || pattern->lowered.known == known)) {
            pattern->describe(e, op);
            length = e.length;
            return &pattern->lowered;
        }
    }
    const Slot& slot = tables_->slots[slotOf(bytes)];
    if (!slot.holds(bytes, known)) return nullptr;
    op = slot.lowered.op;
    length = slot.lowered.length;
    const i32 value = valueOf(bytes, slot.variable);
    if (slot.variable.distance) op.imm = value;
    else if (slot.variable.size) op.disp += i64{value} - slot.value;
    return &slot.lowered;
}

void LoweringCache::keep(const u8 (&bytes)[LONGEST], const Encoding& e, const Lowered& lowered, const Decoded& decoded) {
    const bool exists = lowered.op.handler != raiseUnsupported && lowered.op.handler != raiseInvalidOpcode;
    Pattern made{e.key(lowered.known), {}, {}, lowered};
    if (!e.shape || !exists || !nameOperand(decoded, 0, e, made.dst) || !nameOperand(decoded, 1, e, made.src))
        return keepBytes(bytes, lowered, variableOf(decoded));
    Op like;
    made.describe(e, like);
    if (!isSame(like, lowered.op) || e.length != lowered.length) return keepBytes(bytes, lowered, variableOf(decoded));
    keepPattern(made);
}

void LoweringCache::keepBytes(const u8 (&bytes)[LONGEST], const Lowered& lowered, Variable variable) {
    if (variable.size != 1 && variable.size != 4) variable = {};
    slotsUsed_ = true;
    Slot& slot = tables_->slots[slotOf(bytes)];
    std::memcpy(slot.bytes, bytes, sizeof slot.bytes);
    slot.variable = variable;
    slot.value = valueOf(bytes, variable);
    slot.lowered = lowered;
}

}  // namespace cpu
