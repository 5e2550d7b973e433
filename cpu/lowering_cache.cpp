#include "cpu/lowering_cache.hpp"

#include <cstring>

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

bool LoweringCache::find(const u8 (&bytes)[LONGEST], u64 known, Lowered& found) const {
    if (!slots_) return false;
    const Slot& slot = slots_[slotOf(bytes)];
    if (!slot.holds(bytes, known)) return false;
    found = slot.lowered;
    const i32 value = valueOf(bytes, slot.variable);
    if (slot.variable.distance) found.op.imm = value;
    else if (slot.variable.size) found.op.disp += i64{value} - slot.value;
    return true;
}

void LoweringCache::keep(const u8 (&bytes)[LONGEST], const Lowered& lowered, Variable variable) {
    constexpr u64 slots = u64{1} << BITS;
    if (!slots_) slots_.reset(static_cast<Slot*>(std::calloc(slots, sizeof(Slot))));
    if (!slots_) return;
    if (variable.size != 1 && variable.size != 4) variable = {};
    Slot& slot = slots_[slotOf(bytes)];
    std::memcpy(slot.bytes, bytes, sizeof slot.bytes);
    slot.variable = variable;
    slot.value = valueOf(bytes, variable);
    slot.lowered = lowered;
}

}  // namespace cpu
