// MMX shapes (SDM Vol. 1 ch. 9). The registers are the significands of the physical x87 registers; every MMX instruction but
// EMMS makes all of them valid and clears TOP, and a written one gets an exponent of all ones (SDM Vol. 3 §12.2). Values are
// computed in the low half of an xmm register, so that the host's FPU stays out of it.
#pragma once

#include "cpu/vector.hpp"
#include "cpu/x87.hpp"

namespace cpu {

inline bool isMm(const Form& f, unsigned i) {
    return f.kind(i) == Operand::reg && f.operand[i].reg.value >= ZYDIS_REGISTER_MM0 && f.operand[i].reg.value <= ZYDIS_REGISTER_MM7;
}
inline u16 mmOffset(const Form& f, unsigned i) {
    return static_cast<u16>(offsetof(Registers, x87) + offsetof(X87, physical) +
                            sizeof(X87::Slot) * (f.operand[i].reg.value - ZYDIS_REGISTER_MM0));
}

inline V vec(u64 x) { return _mm_cvtsi64_si128(static_cast<i64>(x)); }
inline V vec(u32 x) { return _mm_cvtsi64_si128(static_cast<i64>(u64{x})); }
inline u64 lowHalf(V x) { return static_cast<u64>(_mm_cvtsi128_si64(x)); }

inline void enterMmx(Core* core) {
    core->x87.tags = 0;                                                 // of the values: see x87Image()
    core->x87.status = static_cast<u16>(core->x87.status & ~0x3800);
}
inline void setMm(Core* core, u16 offset, u64 value) {
    constexpr u16 ones = 0xffff;
    std::memcpy(registerBytes(core, offset), &value, 8);
    std::memcpy(registerBytes(core, offset) + offsetof(X87::Slot, exponent), &ones, 2);
}
inline u64 getMm(const Core* core, u16 offset) { return slot(core, offset); }

inline void raiseMathFault(HOT) {
    core->fault(VECTOR_MF);
    TAIL(leaveFault);
}
#define ENTER_MMX if (unmaskedX87(core->x87)) TAIL(raiseMathFault)       // a pending x87 exception comes first (SDM Vol. 3 §12.6)

// mm, mm or T in memory.
template <auto semantic, class T, class S> void mmxOp(HOT) {
    ENTER_MMX;
    OPEN(source, S, T);
    const u64 result = lowHalf(semantic(vec(getMm(core, op->dst)), vec(source.get())));
    enterMmx(core);
    setMm(core, op->dst, result);
    NEXT;
}
template <auto semantic, class T = u64> Handler mmx(Form& f) {
    if (!isMm(f, 0)) return nullptr;
    f.op.dst = mmOffset(f, 0);
    if (isMemory(f, 1)) return mmxOp<semantic, T, Load<Address::any>>;
    if (!isMm(f, 1)) return nullptr;
    f.op.src = mmOffset(f, 1);
    return mmxOp<semantic, u64, Src>;
}

// The same with an immediate byte.
template <auto semantic, class T, class S> void mmxImmediateOp(HOT) {
    ENTER_MMX;
    OPEN(source, S, T);
    const u64 result = semantic(getMm(core, op->dst), u64{source.get()}, static_cast<u8>(op->imm));
    enterMmx(core);
    setMm(core, op->dst, result);
    NEXT;
}
template <auto semantic, class T = u64> Handler mmxImmediate(Form& f) {
    if (!isMm(f, 0)) return nullptr;
    f.op.dst = mmOffset(f, 0);
    if (isMemory(f, 1)) return mmxImmediateOp<semantic, T, Load<Address::any>>;
    if (isMm(f, 1)) f.op.src = mmOffset(f, 1);
    return mmxImmediateOp<semantic, T, Src>;
}

}  // namespace cpu
