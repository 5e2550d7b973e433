// SDM Vol. 1 §5.6.3 and §5.4: packed integers, and the bitwise logic of §5.5.1.3 and §5.6.1.3.
#include "cpu/insn/families.hpp"
#include "cpu/vector.hpp"

namespace cpu {

namespace {

EXACT(paddb) EXACT(paddw) EXACT(paddd) EXACT(paddq) EXACT(paddsb) EXACT(paddsw) EXACT(paddusb) EXACT(paddusw)
EXACT(psubb) EXACT(psubw) EXACT(psubd) EXACT(psubq) EXACT(psubsb) EXACT(psubsw) EXACT(psubusb) EXACT(psubusw)
EXACT(pmullw) EXACT(pmulhw) EXACT(pmulhuw) EXACT(pmuludq) EXACT(pmaddwd) EXACT(psadbw)
EXACT(pavgb) EXACT(pavgw) EXACT(pminub) EXACT(pmaxub) EXACT(pminsw) EXACT(pmaxsw)
EXACT(pcmpeqb) EXACT(pcmpeqw) EXACT(pcmpeqd) EXACT(pcmpgtb) EXACT(pcmpgtw) EXACT(pcmpgtd)
EXACT(psllw) EXACT(pslld) EXACT(psllq) EXACT(psrlw) EXACT(psrld) EXACT(psrlq) EXACT(psraw) EXACT(psrad)
EXACT(pand) EXACT(pandn) EXACT(por) EXACT(pxor)

// The count is an immediate byte, an xmm register or 16 bytes of memory.
template <auto semantic> void shiftImmediate(HOT) {
    OPEN(target, Dst, Xmm);
    target.set(Xmm{semantic(target.get().v, _mm_cvtsi32_si128(op->imm & 0xff))});
    NEXT;
}
template <auto semantic> Handler shift(Form& f) {
    if (isXmm(f, 0) && f.kind(1) == Operand::imm) return shiftImmediate<semantic>;
    return vector<semantic>(f);
}

using u128 = unsigned __int128;
constexpr auto pslldq = [](u128 value, unsigned bytes) { return bytes > 15 ? 0 : value << bytes * 8; };
constexpr auto psrldq = [](u128 value, unsigned bytes) { return bytes > 15 ? 0 : value >> bytes * 8; };
template <auto semantic> void shiftBytes(HOT) {
    OPEN(target, Dst, u128);
    target.set(semantic(target.get(), op->imm & 0xffu));
    NEXT;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_PADDB, vectorFast<paddb>},
    {ZYDIS_MNEMONIC_PADDW, vector<paddw>},
    {ZYDIS_MNEMONIC_PADDD, vectorFast<paddd>},
    {ZYDIS_MNEMONIC_PADDQ, vectorFast<paddq>},
    {ZYDIS_MNEMONIC_PADDSB, vector<paddsb>},
    {ZYDIS_MNEMONIC_PADDSW, vector<paddsw>},
    {ZYDIS_MNEMONIC_PADDUSB, vector<paddusb>},
    {ZYDIS_MNEMONIC_PADDUSW, vector<paddusw>},
    {ZYDIS_MNEMONIC_PSUBB, vectorFast<psubb>},
    {ZYDIS_MNEMONIC_PSUBW, vector<psubw>},
    {ZYDIS_MNEMONIC_PSUBD, vectorFast<psubd>},
    {ZYDIS_MNEMONIC_PSUBQ, vector<psubq>},
    {ZYDIS_MNEMONIC_PSUBSB, vector<psubsb>},
    {ZYDIS_MNEMONIC_PSUBSW, vector<psubsw>},
    {ZYDIS_MNEMONIC_PSUBUSB, vector<psubusb>},
    {ZYDIS_MNEMONIC_PSUBUSW, vector<psubusw>},
    {ZYDIS_MNEMONIC_PMULLW, vector<pmullw>},
    {ZYDIS_MNEMONIC_PMULHW, vector<pmulhw>},
    {ZYDIS_MNEMONIC_PMULHUW, vector<pmulhuw>},
    {ZYDIS_MNEMONIC_PMULUDQ, vectorFast<pmuludq>},
    {ZYDIS_MNEMONIC_PMADDWD, vector<pmaddwd>},
    {ZYDIS_MNEMONIC_PSADBW, vector<psadbw>},
    {ZYDIS_MNEMONIC_PAVGB, vector<pavgb>},
    {ZYDIS_MNEMONIC_PAVGW, vector<pavgw>},
    {ZYDIS_MNEMONIC_PMINUB, vectorFast<pminub>},
    {ZYDIS_MNEMONIC_PMAXUB, vector<pmaxub>},
    {ZYDIS_MNEMONIC_PMINSW, vector<pminsw>},
    {ZYDIS_MNEMONIC_PMAXSW, vector<pmaxsw>},
    {ZYDIS_MNEMONIC_PCMPEQB, vectorFast<pcmpeqb>},
    {ZYDIS_MNEMONIC_PCMPEQW, vector<pcmpeqw>},
    {ZYDIS_MNEMONIC_PCMPEQD, vectorFast<pcmpeqd>},
    {ZYDIS_MNEMONIC_PCMPGTB, vector<pcmpgtb>},
    {ZYDIS_MNEMONIC_PCMPGTW, vector<pcmpgtw>},
    {ZYDIS_MNEMONIC_PCMPGTD, vector<pcmpgtd>},
    {ZYDIS_MNEMONIC_PSLLW, shift<psllw>},
    {ZYDIS_MNEMONIC_PSLLD, shift<pslld>},
    {ZYDIS_MNEMONIC_PSLLQ, shift<psllq>},
    {ZYDIS_MNEMONIC_PSRLW, shift<psrlw>},
    {ZYDIS_MNEMONIC_PSRLD, shift<psrld>},
    {ZYDIS_MNEMONIC_PSRLQ, shift<psrlq>},
    {ZYDIS_MNEMONIC_PSRAW, shift<psraw>},
    {ZYDIS_MNEMONIC_PSRAD, shift<psrad>},
    {ZYDIS_MNEMONIC_PSLLDQ, plain<shiftBytes<pslldq>>},
    {ZYDIS_MNEMONIC_PSRLDQ, plain<shiftBytes<psrldq>>},
    {ZYDIS_MNEMONIC_PAND, vectorFast<pand>},
    {ZYDIS_MNEMONIC_PANDN, vectorFast<pandn>},
    {ZYDIS_MNEMONIC_POR, vectorFast<por>},
    {ZYDIS_MNEMONIC_PXOR, vectorFast<pxor>},
    {ZYDIS_MNEMONIC_ANDPS, vectorFast<pand>},
    {ZYDIS_MNEMONIC_ANDPD, vectorFast<pand>},
    {ZYDIS_MNEMONIC_ANDNPS, vectorFast<pandn>},
    {ZYDIS_MNEMONIC_ANDNPD, vectorFast<pandn>},
    {ZYDIS_MNEMONIC_ORPS, vectorFast<por>},
    {ZYDIS_MNEMONIC_ORPD, vectorFast<por>},
    {ZYDIS_MNEMONIC_XORPS, vectorFast<pxor>},
    {ZYDIS_MNEMONIC_XORPD, vectorFast<pxor>},
};

}  // namespace

Family ssePackedInteger() { return table; }

}  // namespace cpu
