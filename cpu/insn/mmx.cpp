// SDM Vol. 1 §5.4: MMX arithmetic, comparisons, logic, shifts and packs, and their extensions of SSE (§5.5.3), SSE2 (§5.6.3)
// and SSSE3 (§5.8).
#include "cpu/insn/families.hpp"
#include "cpu/mmx.hpp"

namespace cpu {

namespace {

EXACT(paddb) EXACT(paddw) EXACT(paddd) EXACT(paddq) EXACT(paddsb) EXACT(paddsw) EXACT(paddusb) EXACT(paddusw)
EXACT(psubb) EXACT(psubw) EXACT(psubd) EXACT(psubq) EXACT(psubsb) EXACT(psubsw) EXACT(psubusb) EXACT(psubusw)
EXACT(pmullw) EXACT(pmulhw) EXACT(pmulhuw) EXACT(pmuludq) EXACT(pmaddwd) EXACT(psadbw)
EXACT(pavgb) EXACT(pavgw) EXACT(pminub) EXACT(pmaxub) EXACT(pminsw) EXACT(pmaxsw)
EXACT(pcmpeqb) EXACT(pcmpeqw) EXACT(pcmpeqd) EXACT(pcmpgtb) EXACT(pcmpgtw) EXACT(pcmpgtd)
EXACT(psllw) EXACT(pslld) EXACT(psllq) EXACT(psrlw) EXACT(psrld) EXACT(psrlq) EXACT(psraw) EXACT(psrad)
EXACT(pand) EXACT(pandn) EXACT(por) EXACT(pxor)
EXACT(punpcklbw) EXACT(punpcklwd) EXACT(punpckldq) EXACT(packsswb) EXACT(packssdw) EXACT(packuswb)
EXACT(pabsb) EXACT(pabsw) EXACT(pabsd) EXACT(psignb) EXACT(psignw) EXACT(psignd) EXACT(pmaddubsw) EXACT(pmulhrsw) EXACT(pshufb)
EXACT(phaddw) EXACT(phaddd) EXACT(phaddsw) EXACT(phsubw) EXACT(phsubd) EXACT(phsubsw)

// Instructions that take both halves of their operands: target and source become the halves of both.
template <auto wide> constexpr auto together = [](V target, V source) {
    const V both = _mm_unpacklo_epi64(target, source);
    return wide(both, both);
};
// The upper half of what the interleave of the lower halves gives.
template <auto wide>
constexpr auto upper = [](V target, V source) { return _mm_unpackhi_epi64(wide(target, source), _mm_setzero_si128()); };
constexpr auto shuffleBytes = [](V target, V source) {
    return pshufb(target, _mm_and_si128(source, _mm_set1_epi8(static_cast<char>(0x87))));
};

template <auto semantic> void shiftImmediate(HOT) {
    ENTER_MMX;
    const u64 result = lowHalf(semantic(vec(getMm(core, op->dst)), _mm_cvtsi32_si128(op->imm & 0xff)));
    enterMmx(core);
    setMm(core, op->dst, result);
    NEXT;
}
template <auto semantic> Handler shift(Form& f) {
    if (!isMm(f, 0) || f.kind(1) != Operand::imm) return mmx<semantic>(f);
    f.op.dst = mmOffset(f, 0);
    return shiftImmediate<semantic>;
}

#define ROW(NAME, semantic) {ZYDIS_MNEMONIC_##NAME, semantic}
constexpr Row table[] = {
    ROW(PADDB, mmx<paddb>), ROW(PADDW, mmx<paddw>), ROW(PADDD, mmx<paddd>), ROW(PADDQ, mmx<paddq>),
    ROW(PADDSB, mmx<paddsb>), ROW(PADDSW, mmx<paddsw>), ROW(PADDUSB, mmx<paddusb>), ROW(PADDUSW, mmx<paddusw>),
    ROW(PSUBB, mmx<psubb>), ROW(PSUBW, mmx<psubw>), ROW(PSUBD, mmx<psubd>), ROW(PSUBQ, mmx<psubq>),
    ROW(PSUBSB, mmx<psubsb>), ROW(PSUBSW, mmx<psubsw>), ROW(PSUBUSB, mmx<psubusb>), ROW(PSUBUSW, mmx<psubusw>),
    ROW(PMULLW, mmx<pmullw>), ROW(PMULHW, mmx<pmulhw>), ROW(PMULHUW, mmx<pmulhuw>), ROW(PMULUDQ, mmx<pmuludq>),
    ROW(PMADDWD, mmx<pmaddwd>), ROW(PSADBW, mmx<psadbw>), ROW(PAVGB, mmx<pavgb>), ROW(PAVGW, mmx<pavgw>),
    ROW(PMINUB, mmx<pminub>), ROW(PMAXUB, mmx<pmaxub>), ROW(PMINSW, mmx<pminsw>), ROW(PMAXSW, mmx<pmaxsw>),
    ROW(PCMPEQB, mmx<pcmpeqb>), ROW(PCMPEQW, mmx<pcmpeqw>), ROW(PCMPEQD, mmx<pcmpeqd>),
    ROW(PCMPGTB, mmx<pcmpgtb>), ROW(PCMPGTW, mmx<pcmpgtw>), ROW(PCMPGTD, mmx<pcmpgtd>),
    ROW(PSLLW, shift<psllw>), ROW(PSLLD, shift<pslld>), ROW(PSLLQ, shift<psllq>),
    ROW(PSRLW, shift<psrlw>), ROW(PSRLD, shift<psrld>), ROW(PSRLQ, shift<psrlq>), ROW(PSRAW, shift<psraw>), ROW(PSRAD, shift<psrad>),
    ROW(PAND, mmx<pand>), ROW(PANDN, mmx<pandn>), ROW(POR, mmx<por>), ROW(PXOR, mmx<pxor>),
    ROW(PACKSSWB, mmx<together<packsswb>>), ROW(PACKSSDW, mmx<together<packssdw>>), ROW(PACKUSWB, mmx<together<packuswb>>),
    {ZYDIS_MNEMONIC_PUNPCKLBW, mmx<punpcklbw, u32>}, {ZYDIS_MNEMONIC_PUNPCKLWD, mmx<punpcklwd, u32>}, {ZYDIS_MNEMONIC_PUNPCKLDQ, mmx<punpckldq, u32>},
    ROW(PUNPCKHBW, mmx<upper<punpcklbw>>), ROW(PUNPCKHWD, mmx<upper<punpcklwd>>), ROW(PUNPCKHDQ, mmx<upper<punpckldq>>),
    ROW(PABSB, mmx<pabsb>), ROW(PABSW, mmx<pabsw>), ROW(PABSD, mmx<pabsd>),
    ROW(PSIGNB, mmx<psignb>), ROW(PSIGNW, mmx<psignw>), ROW(PSIGND, mmx<psignd>),
    ROW(PMADDUBSW, mmx<pmaddubsw>), ROW(PMULHRSW, mmx<pmulhrsw>), ROW(PSHUFB, mmx<shuffleBytes>),
    ROW(PHADDW, mmx<together<phaddw>>), ROW(PHADDD, mmx<together<phaddd>>), ROW(PHADDSW, mmx<together<phaddsw>>),
    ROW(PHSUBW, mmx<together<phsubw>>), ROW(PHSUBD, mmx<together<phsubd>>), ROW(PHSUBSW, mmx<together<phsubsw>>),
};

}  // namespace

Family mmxArithmetic() { return table; }

}  // namespace cpu
