// SDM Vol. 1 §5.10: SSE4.1.
#include "cpu/insn/families.hpp"
#include "cpu/vector_immediate.hpp"

namespace cpu {

namespace {

EXACT(pminsb) EXACT(pminsd) EXACT(pminuw) EXACT(pminud) EXACT(pmaxsb) EXACT(pmaxsd) EXACT(pmaxuw) EXACT(pmaxud)
EXACT(pmuldq) EXACT(pmulld) EXACT(pcmpeqq) EXACT(packusdw) EXACT(phminposuw)
EXACT(pmovsxbw) EXACT(pmovsxbd) EXACT(pmovsxbq) EXACT(pmovsxwd) EXACT(pmovsxwq) EXACT(pmovsxdq)
EXACT(pmovzxbw) EXACT(pmovzxbd) EXACT(pmovzxbq) EXACT(pmovzxwd) EXACT(pmovzxwq) EXACT(pmovzxdq)

struct Low16 { u16 v; };
inline V vec(Low16 x) { return _mm_cvtsi32_si128(x.v); }

// The mask is xmm0.
#define CHOICE(name)                                                                     \
    constexpr auto name = [](V target, V source, V mask) {                               \
        asm volatile(#name " %%xmm0, %1, %0" : "+x"(target) : "x"(source), "Yz"(mask)); \
        return target;                                                                   \
    };
CHOICE(blendvps)
CHOICE(blendvpd)
CHOICE(pblendvb)
template <auto semantic, class S> void choiceOp(HOT) {
    OPEN(source, S, Xmm);
    OPEN(target, Dst, Xmm);
    target.set(Xmm{semantic(target.get().v, source.get().v, element<Xmm>(registerBytes(core, offsetof(Registers, ymm)), 0).v)});
    NEXT;
}
template <auto semantic> Handler choice(Form& f) {
    if (isMemory(f, 1)) return choiceOp<semantic, AlignedLoad<Address::any>>;
    return choiceOp<semantic, Src>;
}

template <class S> void ptestOp(HOT) {
    OPEN(source, S, Xmm);
    bool zero, carry;
    asm volatile("ptest %3, %2"
                 : "=@ccz"(zero), "=@ccc"(carry)
                 : "x"(element<Xmm>(registerBytes(core, op->dst), 0).v), "x"(source.get().v));
    NEXT_WITH(flagIf(zero, FLAG_ZF) | flagIf(carry, FLAG_CF), 0, EXPLICIT_KIND);
}
Handler ptest(Form& f) { return isMemory(f, 1) ? ptestOp<AlignedLoad<Address::any>> : ptestOp<Src>; }

// One element to a general register, zero-extended, or to memory; and back.
template <class T> void extractToRegister(HOT) {
    using Wide = std::conditional_t<sizeof(T) == 8, u64, u32>;
    OPEN(target, Dst, Wide);
    target.set(element<T>(registerBytes(core, op->src), static_cast<u8>(op->imm) % (16 / sizeof(T))));
    NEXT;
}
template <class T> void extractToMemory(HOT) {
    OPEN(target, Store<Address::any>, T);
    target.set(element<T>(registerBytes(core, op->src), static_cast<u8>(op->imm) % (16 / sizeof(T))));
    NEXT;
}
template <class T> Handler extract(Form& f) {
    if (!isXmm(f, 1)) return nullptr;
    return isMemory(f, 0) ? extractToMemory<T> : extractToRegister<T>;
}
template <class T, class S> void insertOp(HOT) {
    OPEN(source, S, T);
    const T value = source.get();
    std::memcpy(registerBytes(core, op->dst) + static_cast<u8>(op->imm) % (16 / sizeof(T)) * sizeof(T), &value, sizeof value);
    NEXT;
}
template <class T> Handler insert(Form& f) { return isMemory(f, 1) ? insertOp<T, Load<Address::any>> : insertOp<T, Src>; }

Handler insertps(Form& f) {
    if (isMemory(f, 1)) f.op.imm &= 0x3f;       // the only element there is (SDM Vol. 2, INSERTPS)
    return called<execscope_insertps, Low32>(f);
}

constexpr auto same = []<class T>(T value) { return value; };
Handler movntdqa(Form&) { return convertOp<same, Xmm, Xmm, Dst, AlignedLoad<Address::any>>; }

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_PMINSB, vector<pminsb>},       {ZYDIS_MNEMONIC_PMINSD, vector<pminsd>},
    {ZYDIS_MNEMONIC_PMINUW, vector<pminuw>},       {ZYDIS_MNEMONIC_PMINUD, vector<pminud>},
    {ZYDIS_MNEMONIC_PMAXSB, vector<pmaxsb>},       {ZYDIS_MNEMONIC_PMAXSD, vector<pmaxsd>},
    {ZYDIS_MNEMONIC_PMAXUW, vector<pmaxuw>},       {ZYDIS_MNEMONIC_PMAXUD, vector<pmaxud>},
    {ZYDIS_MNEMONIC_PMULDQ, vector<pmuldq>},       {ZYDIS_MNEMONIC_PMULLD, vector<pmulld>},
    {ZYDIS_MNEMONIC_PCMPEQQ, vector<pcmpeqq>},     {ZYDIS_MNEMONIC_PACKUSDW, vector<packusdw>},
    {ZYDIS_MNEMONIC_PHMINPOSUW, vector<phminposuw>}, {ZYDIS_MNEMONIC_PTEST, ptest},
    {ZYDIS_MNEMONIC_PMOVSXBW, vector<pmovsxbw, Low64>}, {ZYDIS_MNEMONIC_PMOVSXBD, vector<pmovsxbd, Low32>},
    {ZYDIS_MNEMONIC_PMOVSXBQ, vector<pmovsxbq, Low16>}, {ZYDIS_MNEMONIC_PMOVSXWD, vector<pmovsxwd, Low64>},
    {ZYDIS_MNEMONIC_PMOVSXWQ, vector<pmovsxwq, Low32>}, {ZYDIS_MNEMONIC_PMOVSXDQ, vector<pmovsxdq, Low64>},
    {ZYDIS_MNEMONIC_PMOVZXBW, vector<pmovzxbw, Low64>}, {ZYDIS_MNEMONIC_PMOVZXBD, vector<pmovzxbd, Low32>},
    {ZYDIS_MNEMONIC_PMOVZXBQ, vector<pmovzxbq, Low16>}, {ZYDIS_MNEMONIC_PMOVZXWD, vector<pmovzxwd, Low64>},
    {ZYDIS_MNEMONIC_PMOVZXWQ, vector<pmovzxwq, Low32>}, {ZYDIS_MNEMONIC_PMOVZXDQ, vector<pmovzxdq, Low64>},
    {ZYDIS_MNEMONIC_BLENDVPS, choice<blendvps>},   {ZYDIS_MNEMONIC_BLENDVPD, choice<blendvpd>},
    {ZYDIS_MNEMONIC_PBLENDVB, choice<pblendvb>},   {ZYDIS_MNEMONIC_BLENDPS, called<execscope_blendps>},
    {ZYDIS_MNEMONIC_BLENDPD, called<execscope_blendpd>}, {ZYDIS_MNEMONIC_PBLENDW, called<execscope_pblendw>},
    {ZYDIS_MNEMONIC_ROUNDPS, called<execscope_roundps>}, {ZYDIS_MNEMONIC_ROUNDPD, called<execscope_roundpd>},
    {ZYDIS_MNEMONIC_ROUNDSS, called<execscope_roundss, Low32>}, {ZYDIS_MNEMONIC_ROUNDSD, called<execscope_roundsd, Low64>},
    {ZYDIS_MNEMONIC_DPPS, called<execscope_dpps>}, {ZYDIS_MNEMONIC_DPPD, called<execscope_dppd>},
    {ZYDIS_MNEMONIC_MPSADBW, called<execscope_mpsadbw>}, {ZYDIS_MNEMONIC_INSERTPS, insertps},
    {ZYDIS_MNEMONIC_EXTRACTPS, extract<u32>},      {ZYDIS_MNEMONIC_PEXTRB, extract<u8>},
    {ZYDIS_MNEMONIC_PEXTRW, extract<u16>},         {ZYDIS_MNEMONIC_PEXTRD, extract<u32>},
    {ZYDIS_MNEMONIC_VEXTRACTPS, extract<u32>},     {ZYDIS_MNEMONIC_VPEXTRB, extract<u8>},
    {ZYDIS_MNEMONIC_VPEXTRW, extract<u16>},        {ZYDIS_MNEMONIC_VPEXTRD, extract<u32>},
    {ZYDIS_MNEMONIC_VPEXTRQ, extract<u64>},
    {ZYDIS_MNEMONIC_PEXTRQ, extract<u64>},         {ZYDIS_MNEMONIC_PINSRB, insert<u8>},
    {ZYDIS_MNEMONIC_PINSRD, insert<u32>},          {ZYDIS_MNEMONIC_PINSRQ, insert<u64>},
    {ZYDIS_MNEMONIC_MOVNTDQA, movntdqa},
};

}  // namespace

Family sse4_1() { return table; }

}  // namespace cpu
