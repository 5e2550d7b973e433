// SDM Vol. 1 §5.13, §14.4: AVX data transfer, VZEROUPPER, VZEROALL, tests.
#include "cpu/insn/families.hpp"
#include "cpu/vex.hpp"

namespace cpu {

namespace {

constexpr auto same = []<class T>(T value) { return value; };
constexpr Speed hot = Speed::hot;

// Loads; those of the low 4 or 8 bytes clear the rest.
#define LOADS(X)                                                                                            \
    X(VMOVDQU, two, 16, 32, hot) X(VMOVD, two, 4, 0, hot) X(VMOVQ, two, 8, 0, hot)
LOADS(VEX_INSTRUCTION)

// Merges of the low or high half, from memory or a register's low or high half; a float.
#define MERGES(X) X(VMOVLPD, merge, 8, 0) X(VMOVHPD, merge, 8, 0)
MERGES(VEX_INSTRUCTION)
struct MergeFloat {
    template <unsigned width, unsigned size> static void three(u8* d, const u8* a, const u8* b) {
        VEX_BODY(16, "vmovdqu %1, %%xmm0\n vblendps $1, %2, %%xmm0, %%xmm0", "",
                 : "=m"(bytesAt<32>(d)) : "m"(bytesAt<16>(a)), "m"(bytesAt<16>(b)) : "xmm0");
    }
};

template <unsigned size, class S> void vexStoreOp(HOT) {
    OPEN(target, S, Bytes<size>);
    if constexpr (size == 32) {
        asm volatile("vmovdqu %1, %%ymm0\n vmovdqu %%ymm0, %0\n vzeroupper"
                     : "=m"(bytesAt<32>(target.bytes())) : "m"(bytesAt<32>(registerBytes(core, op->src))) : "xmm0");
    } else {
        target.set(element<Bytes<size>>(registerBytes(core, op->src), 0));
    }
    NEXT;
}
template <template <Address> class L, template <Address> class S, unsigned size> Handler moveOf(Form& f) {
    if (isMemory(f, 0)) return byAddress(f, [&]<Address A>() -> Handler { return vexStoreOp<size, S<A>>; });
    if (isMemory(f, 1)) return byAddress(f, [&]<Address A>() -> Handler { return vexTwoOp<VMOVDQU, size, size, L<A>>; });
    return vexTwoOp<VMOVDQU, size, size, Src>;
}
template <template <Address> class L, template <Address> class S> Handler moveAll(Form& f) {
    return isWide(f) ? moveOf<L, S, 32>(f) : moveOf<L, S, 16>(f);
}
constexpr Select aligned = moveAll<AlignedLoad, AlignedStore>;
constexpr Select unaligned = moveAll<Load, Store>;

template <class I, class Merge, unsigned size> Handler moveScalar(Form& f) {
    if (isMemory(f, 0)) return convertStore<same, Bytes<size>, Bytes<size>>(f);
    if (isMemory(f, 1)) return two<I, size, 0, hot>(f);
    placeThird(f);
    return vexThreeOp<Merge, 16, size, Third>;
}
template <class I, u16 half> Handler moveHalf(Form& f) {
    if (isMemory(f, 0)) {
        f.op.src += half;
        return convertStore<same, Bytes<8>, Bytes<8>>(f);
    }
    return three<I, 8, 0, hot>(f);
}
// Low half from the high half of rm, or high half from its low half.
template <class I, u16 half> Handler mergeRegister(Form& f) {
    placeThird(f);
    f.op.imm += half << 16;
    return vexThreeOp<I, 16, 8, Third>;
}

// VMOVD, VMOVQ: from and to general registers and memory.
template <class I, class General> Handler moveLow(Form& f) {
    if (isXmm(f, 0)) return two<I, sizeof(General), 0, hot>(f);
    if (isMemory(f, 0)) return convertStore<same, General, General>(f);
    return convertOp<same, General, General, Dst, Src>;
}

void vzeroupper(HOT) {
    for (Vector256& v : core->ymm) v.lane[2] = v.lane[3] = 0;
    NEXT;
}
void vzeroall(HOT) {
    for (Vector256& v : core->ymm) v = {};
    NEXT;
}

// Signs of the elements. The 128-bit forms are those of SSE.
#define SIGNS(NAME)                                                                                         \
    void NAME(HOT) {                                                                                        \
        OPEN(target, Dst, u32);                                                                             \
        u32 signs;                                                                                          \
        asm volatile("vmovdqu %1, %%ymm0\n " #NAME " %%ymm0, %0\n vzeroupper"                               \
                     : "=r"(signs) : "m"(bytesAt<32>(registerBytes(core, op->src))) : "xmm0");              \
        target.set(signs);                                                                                  \
        NEXT;                                                                                               \
    }
SIGNS(vpmovmskb)
SIGNS(vmovmskps)
SIGNS(vmovmskpd)
template <Handler wide, auto narrow> Handler signs(Form& f) { return isYmm(f, 1) ? wide : convertOp<narrow, u32, Xmm, Dst, Src>; }
constexpr auto signsOfBytes = [](Xmm x) { return static_cast<u32>(_mm_movemask_epi8(x.v)); };
constexpr auto signsOfFloats = [](Xmm x) { return static_cast<u32>(_mm_movemask_ps(_mm_castsi128_ps(x.v))); };
constexpr auto signsOfDoubles = [](Xmm x) { return static_cast<u32>(_mm_movemask_pd(_mm_castsi128_pd(x.v))); };

// ZF and CF as tested, the others clear.
#define TEST(NAME, ...)                                                                                     \
    struct NAME {                                                                                           \
        template <unsigned width> static u64 flags(const u8* a, const u8* b) {                              \
            bool zero, carry;                                                                               \
            if constexpr (width == 16) asm volatile("vmovdqu %2, %%xmm0\n " #NAME " %3, %%xmm0"             \
                    : "=@ccz"(zero), "=@ccc"(carry) : "m"(bytesAt<16>(a)), "m"(bytesAt<16>(b)) : "xmm0");   \
            else asm volatile("vmovdqu %2, %%ymm0\n " #NAME " %3, %%ymm0\n vzeroupper"                      \
                    : "=@ccz"(zero), "=@ccc"(carry) : "m"(bytesAt<32>(a)), "m"(bytesAt<32>(b)) : "xmm0");   \
            return u64{zero} * FLAG_ZF | u64{carry} * FLAG_CF;                                              \
        }                                                                                                   \
    };
#define TESTS(X) X(VPTEST, test, 16, 32) X(VTESTPS, test, 16, 32) X(VTESTPD, test, 16, 32)
TESTS(TEST)
template <class I, unsigned width, unsigned size, class S> void testOp(HOT) {
    OPEN(source, S, Bytes<size>);
    const u64 flags = I::template flags<width>(registerBytes(core, op->dst), source.bytes());
    NEXT_WITH(flags, 0, EXPLICIT_KIND);
}
template <class I, unsigned narrow, unsigned wide> Handler test(Form& f) {
    return byForm<Src, narrow, wide, hot>(f, 1, []<unsigned w, unsigned n, class S>() -> Handler { return testOp<I, w, n, S>; });
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_VMOVAPS, aligned},      {ZYDIS_MNEMONIC_VMOVAPD, aligned},      {ZYDIS_MNEMONIC_VMOVDQA, aligned},
    {ZYDIS_MNEMONIC_VMOVNTPS, aligned},     {ZYDIS_MNEMONIC_VMOVNTPD, aligned},     {ZYDIS_MNEMONIC_VMOVNTDQ, aligned},
    {ZYDIS_MNEMONIC_VMOVNTDQA, aligned},    {ZYDIS_MNEMONIC_VMOVUPS, unaligned},    {ZYDIS_MNEMONIC_VMOVUPD, unaligned},
    {ZYDIS_MNEMONIC_VMOVDQU, unaligned},    {ZYDIS_MNEMONIC_VLDDQU, unaligned},
    {ZYDIS_MNEMONIC_VMOVSS, moveScalar<VMOVD, MergeFloat, 4>},
    {ZYDIS_MNEMONIC_VMOVSD, moveScalar<VMOVQ, VMOVLPD, 8>},
    {ZYDIS_MNEMONIC_VMOVLPS, moveHalf<VMOVLPD, 0>},     {ZYDIS_MNEMONIC_VMOVLPD, moveHalf<VMOVLPD, 0>},
    {ZYDIS_MNEMONIC_VMOVHPS, moveHalf<VMOVHPD, 8>},     {ZYDIS_MNEMONIC_VMOVHPD, moveHalf<VMOVHPD, 8>},
    {ZYDIS_MNEMONIC_VMOVHLPS, mergeRegister<VMOVLPD, 8>},   {ZYDIS_MNEMONIC_VMOVLHPS, mergeRegister<VMOVHPD, 0>},
    {ZYDIS_MNEMONIC_VMOVD, moveLow<VMOVD, u32>},        {ZYDIS_MNEMONIC_VMOVQ, moveLow<VMOVQ, u64>},
    {ZYDIS_MNEMONIC_VZEROUPPER, plain<vzeroupper>},     {ZYDIS_MNEMONIC_VZEROALL, plain<vzeroall>},
    {ZYDIS_MNEMONIC_VPMOVMSKB, signs<vpmovmskb, signsOfBytes>},
    {ZYDIS_MNEMONIC_VMOVMSKPS, signs<vmovmskps, signsOfFloats>},
    {ZYDIS_MNEMONIC_VMOVMSKPD, signs<vmovmskpd, signsOfDoubles>},
    TESTS(VEX_ROW)
};

}  // namespace

Family avxDataTransfer() { return table; }

}  // namespace cpu
