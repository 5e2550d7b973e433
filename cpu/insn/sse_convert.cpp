// SDM Vol. 1 §5.5.1.6, §5.6.1.6, §5.6.2: conversions. Their rounding is MXCSR's, the host has it.
#include "cpu/insn/families.hpp"
#include "cpu/vector.hpp"

namespace cpu {

namespace {

EXACT(cvtps2pd) EXACT(cvtpd2ps) EXACT(cvtss2sd) EXACT(cvtsd2ss)
EXACT(cvtdq2ps) EXACT(cvtps2dq) EXACT(cvttps2dq) EXACT(cvtdq2pd) EXACT(cvtpd2dq) EXACT(cvttpd2dq)

#define FROM_INTEGER(name)                                          \
    constexpr auto name = [](V target, auto source) {               \
        asm volatile(#name " %1, %0" : "+x"(target) : "r"(source)); \
        return target;                                              \
    };
FROM_INTEGER(cvtsi2ssl)
FROM_INTEGER(cvtsi2ssq)
FROM_INTEGER(cvtsi2sdl)
FROM_INTEGER(cvtsi2sdq)

#define TO_INTEGER(name, suffix, T)                                    \
    constexpr auto name##suffix = [](V source) {                       \
        T target;                                                      \
        asm volatile(#name #suffix " %1, %0" : "=r"(target) : "x"(source)); \
        return target;                                                 \
    };
#define TO_INTEGERS(name) TO_INTEGER(name, l, u32) TO_INTEGER(name, q, u64)
TO_INTEGERS(cvtss2si)
TO_INTEGERS(cvttss2si)
TO_INTEGERS(cvtsd2si)
TO_INTEGERS(cvttsd2si)

template <auto semantic, class T, class S> void fromIntegerOp(HOT) {
    OPEN(source, S, T);
    OPEN(target, Dst, Xmm);
    target.set(Xmm{semantic(target.get().v, source.get())});
    NEXT;
}
template <auto semantic, class T> Handler fromIntegerOf(Form& f) {
    if (isMemory(f, 1)) return byAddress(f, [&]<Address A>() -> Handler { return fromIntegerOp<semantic, T, Load<A>>; });
    return fromIntegerOp<semantic, T, Src>;
}
template <auto narrow, auto wide> Handler fromInteger(Form& f) {
    return f.bits(1) == 64 ? fromIntegerOf<wide, u64>(f) : fromIntegerOf<narrow, u32>(f);
}

template <auto semantic, class T, class S> void toIntegerOp(HOT) {
    OPEN(source, S, T);
    const auto value = semantic(vec(source.get()));
    OPEN(target, Dst, decltype(semantic(V{})));
    target.set(value);
    NEXT;
}
template <auto narrow, auto wide, class T> Handler toInteger(Form& f) {
    if (f.bits() == 64) {
        if (isMemory(f, 1)) return toIntegerOp<wide, T, Load<Address::any>>;
        return toIntegerOp<wide, Xmm, Src>;
    }
    if (isMemory(f, 1)) return toIntegerOp<narrow, T, Load<Address::any>>;
    return toIntegerOp<narrow, Xmm, Src>;
}

// From memory it needs no MMX register and is CVTDQ2PD, unaligned like it.
Handler cvtpi2pd(Form& f) { return isMemory(f, 1) ? vectorOp<cvtdq2pd, Low64, Load<Address::any>> : nullptr; }

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_CVTPS2PD, vector<cvtps2pd, Low64>},
    {ZYDIS_MNEMONIC_CVTPD2PS, vector<cvtpd2ps>},
    {ZYDIS_MNEMONIC_CVTSS2SD, vectorFast<cvtss2sd, Low32>},
    {ZYDIS_MNEMONIC_CVTSD2SS, vectorFast<cvtsd2ss, Low64>},
    {ZYDIS_MNEMONIC_CVTDQ2PS, vector<cvtdq2ps>},
    {ZYDIS_MNEMONIC_CVTPS2DQ, vector<cvtps2dq>},
    {ZYDIS_MNEMONIC_CVTTPS2DQ, vector<cvttps2dq>},
    {ZYDIS_MNEMONIC_CVTDQ2PD, vector<cvtdq2pd, Low64>},
    {ZYDIS_MNEMONIC_CVTPI2PD, cvtpi2pd},
    {ZYDIS_MNEMONIC_CVTPD2DQ, vector<cvtpd2dq>},
    {ZYDIS_MNEMONIC_CVTTPD2DQ, vector<cvttpd2dq>},
    {ZYDIS_MNEMONIC_CVTSI2SS, fromInteger<cvtsi2ssl, cvtsi2ssq>},
    {ZYDIS_MNEMONIC_CVTSI2SD, fromInteger<cvtsi2sdl, cvtsi2sdq>},
    {ZYDIS_MNEMONIC_CVTSS2SI, toInteger<cvtss2sil, cvtss2siq, Low32>},
    {ZYDIS_MNEMONIC_VCVTSS2SI, toInteger<cvtss2sil, cvtss2siq, Low32>},
    {ZYDIS_MNEMONIC_CVTTSS2SI, toInteger<cvttss2sil, cvttss2siq, Low32>},
    {ZYDIS_MNEMONIC_VCVTTSS2SI, toInteger<cvttss2sil, cvttss2siq, Low32>},
    {ZYDIS_MNEMONIC_CVTSD2SI, toInteger<cvtsd2sil, cvtsd2siq, Low64>},
    {ZYDIS_MNEMONIC_VCVTSD2SI, toInteger<cvtsd2sil, cvtsd2siq, Low64>},
    {ZYDIS_MNEMONIC_CVTTSD2SI, toInteger<cvttsd2sil, cvttsd2siq, Low64>},
    {ZYDIS_MNEMONIC_VCVTTSD2SI, toInteger<cvttsd2sil, cvttsd2siq, Low64>},
};

}  // namespace

Family sseConvert() { return table; }

}  // namespace cpu
