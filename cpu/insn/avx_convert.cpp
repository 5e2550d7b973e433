// SDM Vol. 1 §5.13 and §14.4 (F16C): conversions. Those to general registers are SSE's.
#include "cpu/insn/families.hpp"
#include "cpu/vector_mxcsr.hpp"
#include "cpu/vex_immediate.hpp"

namespace cpu {

namespace {

constexpr Speed hot = Speed::hot;

#define CONVERSIONS(X)                                                                                      \
    X(VCVTDQ2PS, two, 16, 32) X(VCVTPS2DQ, two, 16, 32) X(VCVTTPS2DQ, two, 16, 32)                          \
    X(VCVTDQ2PD, two, 8, 16, hot) X(VCVTPS2PD, two, 8, 16) X(VCVTPH2PS, two, 8, 16)                         \
    X(VCVTSS2SD, three, 4, 0, hot) X(VCVTSD2SS, three, 8, 0, hot)                                           \
    X(VPMOVSXBW, two, 8, 16) X(VPMOVSXWD, two, 8, 16) X(VPMOVSXDQ, two, 8, 16)                              \
    X(VPMOVSXBD, two, 4, 8) X(VPMOVSXWQ, two, 4, 8) X(VPMOVSXBQ, two, 2, 4)                                 \
    X(VPMOVZXBW, two, 8, 16) X(VPMOVZXWD, two, 8, 16) X(VPMOVZXDQ, two, 8, 16)                              \
    X(VPMOVZXBD, two, 4, 8) X(VPMOVZXWQ, two, 4, 8) X(VPMOVZXBQ, two, 2, 4)
CONVERSIONS(VEX_INSTRUCTION)

// From general registers: the assembler's names say the width of the source.
#define FROM_INTEGER(X) X(VCVTSI2SSL) X(VCVTSI2SSQ) X(VCVTSI2SDL) X(VCVTSI2SDQ)
FROM_INTEGER(VEX_INSTRUCTION)
template <class Narrow, class Wide> Handler fromInteger(Form& f) {
    return f.bits(2) == 64 ? three<Wide, 8, 0, hot>(f) : three<Narrow, 4, 0, hot>(f);
}

// To half the width: the result is an xmm register also when the source is a ymm register.
#define VEX_NARROWING(NAME, ...)                                                                            \
    struct NAME {                                                                                           \
        template <unsigned width, unsigned size> static void two(u8* d, const u8* b) {                      \
            if constexpr (width == 16) asm volatile(#NAME "X %1, %%xmm0\n vmovdqu %%ymm0, %0"               \
                    : "=m"(bytesAt<32>(d)) : "m"(bytesAt<size>(b)) : "xmm0");                               \
            else asm volatile(#NAME "Y %1, %%xmm0\n vmovdqu %%ymm0, %0"                                     \
                    : "=m"(bytesAt<32>(d)) : "m"(bytesAt<size>(b)) : "xmm0");                               \
        }                                                                                                   \
    };
#define NARROWINGS(X) X(VCVTPD2PS, two, 16, 32) X(VCVTPD2DQ, two, 16, 32) X(VCVTTPD2DQ, two, 16, 32)
NARROWINGS(VEX_NARROWING)

// To half floats, in a register or in memory. FTZ does not apply, so that vector_mxcsr.cpp cannot learn from the host that a
// result is tiny but exact. An exception that is unmasked leaves memory as it was.
VEX_TABLES(VCVTPS2PH, toHalf, BOTH, HALF)
template <unsigned width> void halves(Core& core, const Op& op, Bytes<32>& result) {
    const u8* source = registerBytes(&core, op.src);
    callVex<VCVTPS2PH, width>(static_cast<u8>(op.imm), result.at, source, source);
    if (!(unmasked(core.mxcsr) & MXCSR_UNDERFLOW)) return;
    for (unsigned i = 0; i < width / 4; ++i) {
        const unsigned magnitude = element<u16>(result.at, i) & 0x7fff;
        if (magnitude > 0 && magnitude < 0x400) _mm_setcsr(_mm_getcsr() | MXCSR_UNDERFLOW);
    }
}
template <unsigned width> void toHalfRegister(HOT) {
    {
        Bytes<32> result;
        halves<width>(*core, *op, result);
        std::memcpy(registerBytes(core, op->dst), result.at, sizeof result);
    }
    NEXT;
}
template <unsigned width> void toHalfStore(HOT) {
    OPEN(target, Store<Address::any>, Bytes<width / 2>);
    {
        Bytes<32> result;
        halves<width>(*core, *op, result);
        if (!(_mm_getcsr() & unmasked(core->mxcsr))) target.set(element<Bytes<width / 2>>(result.at, 0));
    }
    NEXT;
}
// The forms with 8 bytes of memory: never #AC (SDM Vol. 2 §2.4.11, Type 11).
bool toHalfQuadword(Core& core, const Op& op) {
    const u64 at = effectiveAddress<Address::any>(&op, &core);
    if (!core.inCanonical(at, 8, false) || !core.probeWrite(at, 8)) return false;
    Bytes<32> result;
    halves<16>(core, op, result);
    return _mm_getcsr() & unmasked(core.mxcsr) || core.write(at, result.at, 8);
}
bool fromHalfQuadword(Core& core, const Op& op) {
    const u64 at = effectiveAddress<Address::any>(&op, &core);
    u8 source[8];
    if (!core.inCanonical(at, sizeof source, false) || !core.read(at, source, sizeof source)) return false;
    VCVTPH2PS::two<16, 8>(registerBytes(&core, op.dst), source);
    return true;
}
Handler fromHalf(Form& f) { return isMemory(f, 1) && !isWide(f) ? actionOp<fromHalfQuadword> : nullptr; }
Handler toHalf(Form& f) {
    if (isMemory(f, 0)) return isWide(f) ? toHalfStore<32> : actionOp<toHalfQuadword>;
    return isWide(f) ? toHalfRegister<32> : toHalfRegister<16>;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_VCVTPH2PS, fromHalf},
    CONVERSIONS(VEX_ROW) NARROWINGS(VEX_ROW)
    {ZYDIS_MNEMONIC_VCVTSI2SS, fromInteger<VCVTSI2SSL, VCVTSI2SSQ>},
    {ZYDIS_MNEMONIC_VCVTSI2SD, fromInteger<VCVTSI2SDL, VCVTSI2SDQ>},
    {ZYDIS_MNEMONIC_VCVTPS2PH, toHalf},
};

}  // namespace

Family avxConvert() { return table; }

}  // namespace cpu
