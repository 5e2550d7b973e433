// SDM Vol. 1 §5.5.1.5, §5.6.1.5, §5.6.3, §5.4.2: shuffles, interleaves, packs, single words.
#include "cpu/insn/families.hpp"
#include "cpu/vector.hpp"

namespace cpu {

namespace {

EXACT(punpcklbw) EXACT(punpcklwd) EXACT(punpckldq) EXACT(punpcklqdq)
EXACT(punpckhbw) EXACT(punpckhwd) EXACT(punpckhdq) EXACT(punpckhqdq)
EXACT(packsswb) EXACT(packssdw) EXACT(packuswb)
EXACT(unpcklps) EXACT(unpckhps) EXACT(unpcklpd) EXACT(unpckhpd)

V four(u32 a, u32 b, u32 c, u32 d) {
    return _mm_set_epi64x(static_cast<i64>(c | u64{d} << 32), static_cast<i64>(a | u64{b} << 32));
}
V two(u64 a, u64 b) { return _mm_set_epi64x(static_cast<i64>(b), static_cast<i64>(a)); }
[[gnu::always_inline]] inline u64 words(const u8* from, u8 order) {     // four of four
    return u64{element<u16>(from, order & 3)} | u64{element<u16>(from, order >> 2 & 3)} << 16 |
           u64{element<u16>(from, order >> 4 & 3)} << 32 | u64{element<u16>(from, order >> 6)} << 48;
}

constexpr auto pshufd = [](const u8*, const u8* s, u8 order) {
    return four(element<u32>(s, order & 3), element<u32>(s, order >> 2 & 3), element<u32>(s, order >> 4 & 3), element<u32>(s, order >> 6));
};
constexpr auto pshuflw = [](const u8*, const u8* s, u8 order) { return two(words(s, order), element<u64>(s, 1)); };
constexpr auto pshufhw = [](const u8*, const u8* s, u8 order) { return two(element<u64>(s, 0), words(s + 8, order)); };
constexpr auto shufps = [](const u8* t, const u8* s, u8 order) {
    return four(element<u32>(t, order & 3), element<u32>(t, order >> 2 & 3), element<u32>(s, order >> 4 & 3), element<u32>(s, order >> 6));
};
constexpr auto shufpd = [](const u8* t, const u8* s, u8 order) { return two(element<u64>(t, order & 1), element<u64>(s, order >> 1 & 1)); };

struct Word { u16 v; };
constexpr auto pinsrw = [](const u8* t, const u8* s, u8 at) {
    const unsigned shift = (at & 3) * 16;
    const u64 word = u64{element<u16>(s, 0)} << shift, gap = ~(u64{0xffff} << shift);
    const u64 low = element<u64>(t, 0), high = element<u64>(t, 1);
    return at & 4 ? two(low, (high & gap) | word) : two((low & gap) | word, high);
};
Handler insertWord(Form& f) {
    if (!isXmm(f, 0)) return nullptr;
    if (isMemory(f, 1)) return immediateOp<pinsrw, Word, Load<Address::any>>;
    return immediateOp<pinsrw, Word, Src>;
}

void pextrw(HOT) {
    OPEN(target, Dst, u32);
    target.set(element<u16>(registerBytes(core, op->src), op->imm & 7));
    NEXT;
}
Handler extractWord(Form& f) { return isXmm(f, 1) && f.kind(0) == Operand::reg ? pextrw : nullptr; }

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_PUNPCKLBW, vector<punpcklbw>},
    {ZYDIS_MNEMONIC_PUNPCKLWD, vector<punpcklwd>},
    {ZYDIS_MNEMONIC_PUNPCKLDQ, vector<punpckldq>},
    {ZYDIS_MNEMONIC_PUNPCKLQDQ, vector<punpcklqdq>},
    {ZYDIS_MNEMONIC_PUNPCKHBW, vector<punpckhbw>},
    {ZYDIS_MNEMONIC_PUNPCKHWD, vector<punpckhwd>},
    {ZYDIS_MNEMONIC_PUNPCKHDQ, vector<punpckhdq>},
    {ZYDIS_MNEMONIC_PUNPCKHQDQ, vector<punpckhqdq>},
    {ZYDIS_MNEMONIC_PACKSSWB, vector<packsswb>},
    {ZYDIS_MNEMONIC_PACKSSDW, vector<packssdw>},
    {ZYDIS_MNEMONIC_PACKUSWB, vector<packuswb>},
    {ZYDIS_MNEMONIC_UNPCKLPS, vector<unpcklps>},
    {ZYDIS_MNEMONIC_UNPCKHPS, vector<unpckhps>},
    {ZYDIS_MNEMONIC_UNPCKLPD, vector<unpcklpd>},
    {ZYDIS_MNEMONIC_UNPCKHPD, vector<unpckhpd>},
    {ZYDIS_MNEMONIC_PSHUFD, vectorImmediate<pshufd>},
    {ZYDIS_MNEMONIC_PSHUFLW, vectorImmediate<pshuflw>},
    {ZYDIS_MNEMONIC_PSHUFHW, vectorImmediate<pshufhw>},
    {ZYDIS_MNEMONIC_SHUFPS, vectorImmediate<shufps>},
    {ZYDIS_MNEMONIC_SHUFPD, vectorImmediate<shufpd>},
    {ZYDIS_MNEMONIC_PINSRW, insertWord},
    {ZYDIS_MNEMONIC_PEXTRW, extractWord},
};

}  // namespace

Family sseShuffle() { return table; }

}  // namespace cpu
