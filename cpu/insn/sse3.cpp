// SDM Vol. 1 §5.7 and §5.8: SSE3 and SSSE3. FISTTP is in x87.cpp, the MMX forms are in mmx.cpp.
#include "cpu/insn/families.hpp"
#include "cpu/vector_immediate.hpp"

namespace cpu {

namespace {

EXACT(addsubps) EXACT(addsubpd) EXACT(haddps) EXACT(haddpd) EXACT(hsubps) EXACT(hsubpd) EXACT(movshdup) EXACT(movsldup) EXACT(movddup)
EXACT(pabsb) EXACT(pabsw) EXACT(pabsd) EXACT(psignb) EXACT(psignw) EXACT(psignd) EXACT(pmaddubsw) EXACT(pmulhrsw) EXACT(pshufb)
EXACT(phaddw) EXACT(phaddd) EXACT(phaddsw) EXACT(phsubw) EXACT(phsubd) EXACT(phsubsw)

constexpr auto same = []<class T>(T value) { return value; };
Handler lddqu(Form& f) {
    return byAddress(f, []<Address A>() -> Handler { return convertOp<same, Xmm, Xmm, Dst, Load<A>>; });
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_ADDSUBPS, vector<addsubps>}, {ZYDIS_MNEMONIC_ADDSUBPD, vector<addsubpd>},
    {ZYDIS_MNEMONIC_HADDPS, vector<haddps>},     {ZYDIS_MNEMONIC_HADDPD, vector<haddpd>},
    {ZYDIS_MNEMONIC_HSUBPS, vector<hsubps>},     {ZYDIS_MNEMONIC_HSUBPD, vector<hsubpd>},
    {ZYDIS_MNEMONIC_MOVSHDUP, vector<movshdup>}, {ZYDIS_MNEMONIC_MOVSLDUP, vector<movsldup>},
    {ZYDIS_MNEMONIC_MOVDDUP, vector<movddup, Low64>}, {ZYDIS_MNEMONIC_LDDQU, lddqu},
    {ZYDIS_MNEMONIC_PABSB, vector<pabsb>},       {ZYDIS_MNEMONIC_PABSW, vector<pabsw>},
    {ZYDIS_MNEMONIC_PABSD, vector<pabsd>},       {ZYDIS_MNEMONIC_PSIGNB, vector<psignb>},
    {ZYDIS_MNEMONIC_PSIGNW, vector<psignw>},     {ZYDIS_MNEMONIC_PSIGND, vector<psignd>},
    {ZYDIS_MNEMONIC_PMADDUBSW, vector<pmaddubsw>}, {ZYDIS_MNEMONIC_PMULHRSW, vector<pmulhrsw>},
    {ZYDIS_MNEMONIC_PSHUFB, vectorFast<pshufb>}, {ZYDIS_MNEMONIC_PALIGNR, called<execscope_palignr>},
    {ZYDIS_MNEMONIC_PHADDW, vector<phaddw>},     {ZYDIS_MNEMONIC_PHADDD, vector<phaddd>},
    {ZYDIS_MNEMONIC_PHADDSW, vector<phaddsw>},   {ZYDIS_MNEMONIC_PHSUBW, vector<phsubw>},
    {ZYDIS_MNEMONIC_PHSUBD, vector<phsubd>},     {ZYDIS_MNEMONIC_PHSUBSW, vector<phsubsw>},
};

}  // namespace

Family sse3() { return table; }

}  // namespace cpu
