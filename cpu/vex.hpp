// VEX-encoded instructions of AVX, AVX2, FMA, F16C. Each is done by the same instruction of the host on host addresses of its
// operands, registers and memory alike: it reads exactly the bytes of a memory operand, which VEX lets be unaligned. A
// 128-bit result clears the upper half; it is stored with that half, so that a later 32-byte read need not wait.
// Behind 256-bit code VZEROUPPER keeps the host's SSE instructions free of the upper halves (SDM Vol. 1 §14.9).
#pragma once

#include "cpu/vector.hpp"
#include "cpu/vector_links.hpp"

namespace cpu {

template <unsigned size> struct Bytes { u8 at[size]; };
template <unsigned size> using Array = u8[size];      // as an operand of assembly
template <unsigned size> Array<size>& bytesAt(u8* at) { return *reinterpret_cast<Array<size>*>(at); }
template <unsigned size> const Array<size>& bytesAt(const u8* at) { return *reinterpret_cast<const Array<size>*>(at); }

inline bool isYmm(const Form& f, unsigned i) {
    return f.kind(i) == Operand::reg && f.operand[i].reg.value >= ZYDIS_REGISTER_YMM0 && f.operand[i].reg.value <= ZYDIS_REGISTER_YMM15;
}
inline bool isWide(const Form& f) { return isYmm(f, 0) || isYmm(f, 1) || (isMemory(f, 1) && f.bits(1) == 256); }

// The operand behind dst and src, when it is a register: its byte offset in the upper half of imm, above an immediate byte.
struct Third {
    template <class T> static Src::Ref<T> open(const Op* op, Core* core) { return {registerBytes(core, static_cast<u16>(op->imm >> 16))}; }
    template <class T> static constexpr Handler miss = leaveFault;     // never
};
inline void placeThird(Form& f) {
    const u32 offset = f.kind(2) == Operand::reg ? registerOffset(f.operand[2].reg.value) : 0u;
    f.op.imm = static_cast<i32>((static_cast<u32>(f.op.imm) & 0xff) | offset << 16);
}

// Bodies in assembly: %0 the destination, always whole; r the register's name, xmm or ymm.
#define VEX_BODY(width, code16, code32, ...)                                                    \
    if constexpr (width == 16) asm volatile(code16 "\n vmovdqu %%ymm0, %0" __VA_ARGS__);        \
    else asm volatile(code32 "\n vmovdqu %%ymm0, %0\n vzeroupper" __VA_ARGS__)

// The same with the result in r: %1 of the code; %2 is b, and what follows b are further inputs behind a comma of their own.
#define VEX_LINKED(code, r, b, ...)                                                                                             \
    if constexpr (std::is_same_v<B, Carried>) asm volatile(code "\n vmovdqu %t1, %0" : "=m"(bytesAt<32>(d)), r : "x"(b) __VA_ARGS__); \
    else asm volatile(code "\n vmovdqu %t1, %0" : "=m"(bytesAt<32>(d)), r : "m"(b) __VA_ARGS__)

#define VEX_INSTRUCTION(NAME, ...)                                                                                          \
    struct NAME {                                                                                                           \
        template <unsigned width, unsigned size> static void two(u8* d, const u8* b) {                                      \
            VEX_BODY(width, #NAME " %1, %%xmm0", #NAME " %1, %%ymm0",                                                       \
                     : "=m"(bytesAt<32>(d)) : "m"(bytesAt<size>(b)) : "xmm0");                                              \
        }                                                                                                                   \
        template <unsigned width, unsigned size> static void three(u8* d, const u8* a, const u8* b) {                       \
            VEX_BODY(width, "vmovdqu %1, %%xmm0\n " #NAME " %2, %%xmm0, %%xmm0",                                            \
                     "vmovdqu %1, %%ymm0\n " #NAME " %2, %%ymm0, %%ymm0",                                                   \
                     : "=m"(bytesAt<32>(d)) : "m"(bytesAt<width>(a)), "m"(bytesAt<size>(b)) : "xmm0");                      \
        }                                                                                                                   \
        template <unsigned width, unsigned size> static void fused(u8* d, const u8* a, const u8* b) {                       \
            VEX_BODY(width, "vmovdqu %0, %%xmm0\n vmovdqu %1, %%xmm1\n " #NAME " %2, %%xmm1, %%xmm0",                       \
                     "vmovdqu %0, %%ymm0\n vmovdqu %1, %%ymm1\n " #NAME " %2, %%ymm1, %%ymm0",                              \
                     : "+m"(bytesAt<32>(d)) : "m"(bytesAt<width>(a)), "m"(bytesAt<size>(b)) : "xmm0", "xmm1");              \
        }                                                                                                                   \
        /* 128 bits, for links: b is Carried or bytes in memory. */                                                         \
        template <class B> static Carried linked(u8* d, const B& b) {                                                       \
            Carried r;                                                                                                      \
            VEX_LINKED(#NAME " %2, %1", "=x"(r), b);                                                                        \
            return r;                                                                                                       \
        }                                                                                                                   \
        template <class B> static Carried linked(u8* d, Carried a, const B& b) {                                            \
            Carried r;                                                                                                      \
            VEX_LINKED(#NAME " %2, %3, %1", "=x"(r), b, , "x"(a));                                                          \
            return r;                                                                                                       \
        }                                                                                                                   \
        template <class B> static Carried linkedFused(u8* d, Carried r, Carried a, const B& b) {                            \
            VEX_LINKED(#NAME " %2, %3, %1", "+x"(r), b, , "x"(a));                                                          \
            return r;                                                                                                       \
        }                                                                                                                   \
        template <unsigned width> static void choose(u8* d, const u8* a, const u8* b, const u8* mask) {                     \
            VEX_BODY(width, "vmovdqu %1, %%xmm0\n vmovdqu %3, %%xmm1\n " #NAME " %%xmm1, %2, %%xmm0, %%xmm0",               \
                     "vmovdqu %1, %%ymm0\n vmovdqu %3, %%ymm1\n " #NAME " %%ymm1, %2, %%ymm0, %%ymm0",                      \
                     : "=m"(bytesAt<32>(d)) : "m"(bytesAt<width>(a)), "m"(bytesAt<width>(b)), "m"(bytesAt<width>(mask))     \
                     : "xmm0", "xmm1");                                                                                     \
        }                                                                                                                   \
        template <unsigned width> static void shift(u8* d, const u8* a, u32 count) {                                        \
            VEX_BODY(width, "vmovd %2, %%xmm1\n vmovdqu %1, %%xmm0\n " #NAME " %%xmm1, %%xmm0, %%xmm0",                     \
                     "vmovd %2, %%xmm1\n vmovdqu %1, %%ymm0\n " #NAME " %%xmm1, %%ymm0, %%ymm0",                            \
                     : "=m"(bytesAt<32>(d)) : "m"(bytesAt<width>(a)), "r"(count) : "xmm0", "xmm1");                         \
        }                                                                                                                   \
    };
#define VEX_ROW(NAME, shape, ...) {ZYDIS_MNEMONIC_##NAME, shape<NAME, __VA_ARGS__>},

enum class Speed : u8 { rare, hot, linked };    // hot: a handler for each form of address; linked: VectorLinks, too

// pick<Operand, size>() for the register form or the memory form, of the 128-bit or the 256-bit instruction. Sizes: bytes
// of the last operand at 128 and at 256 bits, 0 where there is no such form.
template <class R, unsigned width, unsigned size, Speed speed, class Pick> Handler byPlace(Form& f, unsigned i, Pick pick) {
    if (!isMemory(f, i)) return pick.template operator()<width, size, R>();
    if constexpr (speed != Speed::rare)
        return byAddress(f, [&]<Address A>() -> Handler { return pick.template operator()<width, size, Load<A>>(); });
    else return pick.template operator()<width, size, Load<Address::any>>();
}
template <class R, unsigned narrow, unsigned wide, Speed speed, class Pick> Handler byForm(Form& f, unsigned i, Pick pick) {
    if constexpr (wide != 0) {
        if (isWide(f)) return byPlace<R, 32, wide, speed>(f, i, pick);
    }
    if constexpr (narrow != 0) return byPlace<R, 16, narrow, speed>(f, i, pick);
    return nullptr;
}

enum class Shape : u8 { two, three, fused };

template <class I, Shape shape, Take take, unsigned size, class S> void linkedOp(HOT) {
    OPEN(source, S, Bytes<size>);
    u8* const d = registerBytes(core, op->dst);
    const auto& b = [&]() -> const auto& {
        if constexpr (take == Take::second || take == Take::both) return carried;
        else return bytesAt<size>(static_cast<const u8*>(source.bytes()));
    }();
    const auto a = [&] { return take == Take::first || take == Take::both ? carried : element<Carried>(registerBytes(core, op->src), 0); };
    if constexpr (shape == Shape::two) carried = I::linked(d, b);
    else if constexpr (shape == Shape::three) carried = I::linked(d, a(), b);
    else carried = I::linkedFused(d, take == Take::target ? carried : element<Carried>(d, 0), a(), b);
    NEXT;
}
// S: Src, Third or a Load.
template <class I, Shape shape, unsigned size, class S> constexpr VectorLinks makeLinks() {
    constexpr bool memory = !std::is_same_v<S, Src> && !std::is_same_v<S, Third>, two = shape == Shape::two;
    VectorLinks links{{linkedOp<I, shape, Take::nothing, size, S>}};
    if constexpr (!two) links.at(Take::first) = linkedOp<I, shape, Take::first, size, S>;
    if constexpr (!memory) links.at(Take::second) = linkedOp<I, shape, Take::second, size, S>;
    if constexpr (!two && !memory) links.at(Take::both) = linkedOp<I, shape, Take::both, size, S>;
    if constexpr (shape == Shape::fused) links.at(Take::target) = linkedOp<I, shape, Take::target, size, S>;
    return links;
}
template <class I, Shape shape, unsigned size, class S> constexpr VectorLinks linksOf = makeLinks<I, shape, size, S>();
template <class I, Shape shape, Speed speed, unsigned width, unsigned size, class S> void offerLinks(Form& f) {
    if constexpr (speed == Speed::linked && width == 16 && !std::is_same_v<S, Load<Address::any>>) f.links = &linksOf<I, shape, size, S>;
}

// dst, rm
template <class I, unsigned width, unsigned size, class S> void vexTwoOp(HOT) {
    OPEN(source, S, Bytes<size>);
    I::template two<width, size>(registerBytes(core, op->dst), source.bytes());
    NEXT;
}
template <class I, unsigned narrow, unsigned wide, Speed speed = Speed::rare> Handler two(Form& f) {
    return byForm<Src, narrow, wide, speed>(f, 1, [&]<unsigned w, unsigned n, class S>() -> Handler {
        offerLinks<I, Shape::two, speed, w, n, S>(f);
        return vexTwoOp<I, w, n, S>;
    });
}

// dst, vvvv, rm
template <class I, unsigned width, unsigned size, class S> void vexThreeOp(HOT) {
    OPEN(source, S, Bytes<size>);
    I::template three<width, size>(registerBytes(core, op->dst), registerBytes(core, op->src), source.bytes());
    NEXT;
}
template <class I, unsigned narrow, unsigned wide, Speed speed = Speed::rare> Handler three(Form& f) {
    placeThird(f);
    return byForm<Third, narrow, wide, speed>(f, 2, [&]<unsigned w, unsigned n, class S>() -> Handler {
        offerLinks<I, Shape::three, speed, w, n, S>(f);
        return vexThreeOp<I, w, n, S>;
    });
}

// The same, but the destination is read, too.
template <class I, unsigned width, unsigned size, class S> void vexFusedOp(HOT) {
    OPEN(source, S, Bytes<size>);
    I::template fused<width, size>(registerBytes(core, op->dst), registerBytes(core, op->src), source.bytes());
    NEXT;
}
template <class I, unsigned narrow, unsigned wide> Handler fused(Form& f) {
    placeThird(f);
    return byForm<Third, narrow, wide, Speed::linked>(f, 2, [&]<unsigned w, unsigned n, class S>() -> Handler {
        offerLinks<I, Shape::fused, Speed::linked, w, n, S>(f);
        return vexFusedOp<I, w, n, S>;
    });
}

}  // namespace cpu
