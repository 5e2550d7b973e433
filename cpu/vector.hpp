// SSE values and shapes. Arithmetic is done by the same instruction of the host, written as assembly: a compiler may neither
// fold it, nor swap its operands (which decides the NaN of the result), nor move it across a change of MXCSR.
// A register is always written whole: a 16-byte read just behind an 8-byte write would wait for the cache.
#pragma once

#include "cpu/shapes.hpp"

#include <emmintrin.h>

namespace cpu {

using V = __m128i;                  // 16 bytes, whatever they hold

struct Xmm { V v; };                // operand types: what is read, and how it becomes a V
struct Low64 { double v; };
struct Low32 { float v; };
inline V vec(Xmm x) { return x.v; }
inline V vec(Low64 x) { return _mm_castpd_si128(_mm_set_sd(x.v)); }
inline V vec(Low32 x) { return _mm_castps_si128(_mm_set_ss(x.v)); }

// The host's instruction of that name.
#define EXACT(name)                                                 \
    constexpr auto name = [](V target, V source) {                  \
        asm volatile(#name " %1, %0" : "+x"(target) : "x"(source)); \
        return target;                                              \
    };

inline bool isXmm(const Form& f, unsigned i) {
    return f.kind(i) == Operand::reg && f.operand[i].reg.value >= ZYDIS_REGISTER_XMM0 && f.operand[i].reg.value <= ZYDIS_REGISTER_XMM15;
}
inline bool isMemory(const Form& f, unsigned i) { return f.kind(i) == Operand::mem; }
// xmm, xmm or memory; not the MMX form, nor the string instruction of the same name.
inline bool isVector(const Form& f) { return isXmm(f, 0) && (isXmm(f, 1) || isMemory(f, 1)); }

// 16 bytes must be aligned (SDM Vol. 2 §2.4.1), less need not.
template <class T, Address A> using Source = std::conditional_t<sizeof(T) == 16, AlignedLoad<A>, Load<A>>;

template <auto semantic, class T, class S> void vectorOp(HOT) {
    OPEN(source, S, T);
    OPEN(target, Dst, Xmm);
    target.set(Xmm{semantic(target.get().v, vec(source.get()))});
    NEXT;
}
// xmm, xmm or T in memory.
template <auto semantic, class T = Xmm> Handler vector(Form& f) {
    if (!isVector(f)) return nullptr;
    if (isMemory(f, 1)) return vectorOp<semantic, T, Source<T, Address::any>>;
    return vectorOp<semantic, Xmm, Src>;
}
// The same for instructions of hot loops.
template <auto semantic, class T = Xmm> Handler vectorFast(Form& f) {
    if (!isVector(f)) return nullptr;
    if (isMemory(f, 1)) return byAddress(f, [&]<Address A>() -> Handler { return vectorOp<semantic, T, Source<T, A>>; });
    return vectorOp<semantic, Xmm, Src>;
}

// With an immediate byte. The operands are given by address: an immediate picks elements in memory, without a local copy.
template <auto semantic, class T, class S> void immediateOp(HOT) {
    OPEN(source, S, T);
    OPEN(target, Dst, Xmm);
    target.set(Xmm{semantic(target.bytes(), source.bytes(), static_cast<u8>(op->imm))});
    NEXT;
}
template <auto semantic, class T = Xmm> Handler vectorImmediate(Form& f) {
    if (!isVector(f)) return nullptr;
    if (isMemory(f, 1)) return immediateOp<semantic, T, Source<T, Address::any>>;
    return immediateOp<semantic, Xmm, Src>;
}

template <class T> T element(const u8* from, unsigned i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    return value;
}

}  // namespace cpu
