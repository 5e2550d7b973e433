#include "cpu/xstate.hpp"

#include "cpu/core.hpp"
#include "cpu/x87.hpp"

#include <cstring>

namespace cpu {

namespace {

void put(u8* area, unsigned at, u64 value, unsigned size) { std::memcpy(area + at, &value, size); }
u64 get(const u8* area, unsigned at, unsigned size) {
    u64 value = 0;
    std::memcpy(&value, area + at, size);
    return value;
}

u64 canonical(u64 pointer) { return static_cast<u64>(static_cast<i64>(pointer << 16) >> 16); }     // what the processor holds of it

// FXSAVE's one bit per register: not empty.
u8 abridged(u16 tags) {
    u8 bits = 0;
    for (unsigned i = 0; i < 8; ++i) bits |= static_cast<u8>((tags >> 2 * i & 3) != 3) << i;
    return bits;
}

}  // namespace

void storeX87(const X87& x87, Pointers pointers, u8* area) {
    const unsigned size = pointers == Pointers::wide ? 8 : 4;
    std::memset(area, 0, 24);
    std::memset(area + 32, 0, 128);
    put(area, 0, x87.control, 2);
    put(area, 2, x87.status, 2);
    put(area, 4, abridged(x87.tags), 1);
    put(area, 6, x87.opcode, 2);
    put(area, 8, x87.instruction, size);
    put(area, 16, x87.operand, size);
    for (unsigned i = 0; i < 8; ++i) {
        const X87::Slot& slot = x87.physical[(topOf(x87) + i) & 7];
        put(area, 32 + 16 * i, slot.significand, 8);
        put(area, 40 + 16 * i, slot.exponent, 2);
    }
}

void loadX87(X87& x87, Pointers pointers, const u8* area) {
    const unsigned size = pointers == Pointers::wide ? 8 : 4;
    x87.control = static_cast<u16>(get(area, 0, 2));
    x87.status = static_cast<u16>(get(area, 2, 2));
    x87.opcode = static_cast<u16>(get(area, 6, 2) & 0x7ff);
    x87.instruction = canonical(get(area, 8, size));    // the operand pointer keeps all its bits
    x87.operand = get(area, 16, size);
    for (unsigned i = 0; i < 8; ++i) {
        X87::Slot& slot = x87.physical[(topOf(x87) + i) & 7];
        slot.significand = get(area, 32 + 16 * i, 8);
        slot.exponent = static_cast<u16>(get(area, 40 + 16 * i, 2));
    }
    x87.tags = 0;
    for (unsigned i = 0; i < 8; ++i) x87.tags |= static_cast<u16>((area[4] >> i & 1 ? 0 : 3) << 2 * i);
    settleX87(x87);
}

void storeMxcsrAt(u32 mxcsr, u8* area) {
    put(area, 24, mxcsr, 4);
    put(area, 28, MXCSR_MASK, 4);
}
u32 mxcsrAt(const u8* area) { return static_cast<u32>(get(area, 24, 4)); }

void storeXmm(const Registers& from, u8* area) {
    for (unsigned i = 0; i < 16; ++i) std::memcpy(area + 160 + 16 * i, from.ymm[i].lane, 16);
}
void loadXmm(Registers& to, const u8* area) {
    for (unsigned i = 0; i < 16; ++i) std::memcpy(to.ymm[i].lane, area + 160 + 16 * i, 16);
}
void storeYmm(const Registers& from, u8* component) {
    for (unsigned i = 0; i < 16; ++i) std::memcpy(component + 16 * i, from.ymm[i].lane + 2, 16);
}
void loadYmm(Registers& to, const u8* component) {
    for (unsigned i = 0; i < 16; ++i) std::memcpy(to.ymm[i].lane + 2, component + 16 * i, 16);
}

void storePkru(const Registers& from, u8* component) { put(component, 0, from.pkru, 4); }     // the rest stays, as on the host
void loadPkru(Registers& to, const u8* component) { to.pkru = static_cast<u32>(get(component, 0, 4)); }

u64 xcr0Of(const ProcessorModel& model) {
    return XSTATE_X87 | XSTATE_SSE | XSTATE_YMM | (has(model, "ospke") ? XSTATE_PKRU : 0);
}

void initialiseState(Registers& registers, u64 components) {
    if (components & XSTATE_PKRU) registers.pkru = 0;
    if (components & XSTATE_X87) registers.x87 = {};
    for (Vector256& v : registers.ymm) {
        if (components & XSTATE_SSE) v.lane[0] = v.lane[1] = 0;
        if (components & XSTATE_YMM) v.lane[2] = v.lane[3] = 0;
    }
}

u64 stateInUse(const Registers& registers) {
    const X87 initial{};
    u64 used = std::memcmp(&registers.x87, &initial, sizeof initial) ? XSTATE_X87 : 0;
    if (registers.pkru) used |= XSTATE_PKRU;
    for (const Vector256& v : registers.ymm) {
        if (v.lane[0] | v.lane[1]) used |= XSTATE_SSE;
        if (v.lane[2] | v.lane[3]) used |= XSTATE_YMM;
    }
    return used;
}

bool isValidHeader(const XsaveHeader& h, u64 xcr0) {
    if (!(h.xcomp_bv & XCOMP_COMPACTED)) return !(h.xstate_bv & ~xcr0) && !h.xcomp_bv && !h.reserved[0];
    if ((h.xcomp_bv & ~XCOMP_COMPACTED & ~xcr0) || h.xstate_bv & ~h.xcomp_bv) return false;
    for (u64 reserved : h.reserved)
        if (reserved) return false;
    return true;
}

bool isAlignedArea(Core& core, u64 at, u64 alignment) {
    if (at % alignment == 0) return true;
    return core.fault(core.rflags & FLAG_AC && at % 4 && isCanonical(at) ? VECTOR_AC : VECTOR_GP);
}

}  // namespace cpu
