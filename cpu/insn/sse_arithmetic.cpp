// SDM Vol. 1 §5.5.1.2, §5.6.1.2 and the comparisons of §5.5.1.4, §5.6.1.4: floating point.
#include "cpu/insn/families.hpp"
#include "cpu/vector.hpp"

namespace cpu {

namespace {

EXACT(addps) EXACT(addpd) EXACT(addss) EXACT(addsd) EXACT(subps) EXACT(subpd) EXACT(subss) EXACT(subsd)
EXACT(mulps) EXACT(mulpd) EXACT(mulss) EXACT(mulsd) EXACT(divps) EXACT(divpd) EXACT(divss) EXACT(divsd)
EXACT(minps) EXACT(minpd) EXACT(minss) EXACT(minsd) EXACT(maxps) EXACT(maxpd) EXACT(maxss) EXACT(maxsd)
EXACT(sqrtps) EXACT(sqrtpd) EXACT(sqrtss) EXACT(sqrtsd)

#define PREDICATE(name)                                                              \
    template <int predicate> constexpr auto name = [](V target, V source) {          \
        asm volatile(#name " %2, %1, %0" : "+x"(target) : "x"(source), "i"(predicate)); \
        return target;                                                               \
    };
PREDICATE(cmpps)
PREDICATE(cmppd)
PREDICATE(cmpss)
PREDICATE(cmpsd)

// pick<predicate>(): the lower three bits of the immediate; the processor ignores the others.
template <class Pick> Handler byPredicate(Form& f, Pick pick) {
    switch (f.op.imm & 7) {
        case 0: return pick.template operator()<0>();
        case 1: return pick.template operator()<1>();
        case 2: return pick.template operator()<2>();
        case 3: return pick.template operator()<3>();
        case 4: return pick.template operator()<4>();
        case 5: return pick.template operator()<5>();
        case 6: return pick.template operator()<6>();
        default: return pick.template operator()<7>();
    }
}
Handler compareFloats(Form& f) {
    return byPredicate(f, [&]<int p>() { return vector<cmpps<p>>(f); });
}
Handler compareDoubles(Form& f) {
    return byPredicate(f, [&]<int p>() { return vector<cmppd<p>>(f); });
}
Handler compareFloat(Form& f) {
    return byPredicate(f, [&]<int p>() { return vector<cmpss<p>, Low32>(f); });
}
Handler compareDouble(Form& f) {
    if (f.insn.meta.category == ZYDIS_CATEGORY_STRINGOP) return nullptr;
    return byPredicate(f, [&]<int p>() { return vector<cmpsd<p>, Low64>(f); });
}

// ZF, PF, CF as compared, the others clear.
#define ORDER(name)                                                                                                       \
    constexpr auto name = [](V a, V b) {                                                                                  \
        bool zero, parity, carry;                                                                                         \
        asm volatile(#name " %4, %3" : "=@ccz"(zero), "=@ccp"(parity), "=@ccc"(carry) : "x"(a), "x"(b));                  \
        return u64{zero} * FLAG_ZF | u64{parity} * FLAG_PF | u64{carry} * FLAG_CF;                                        \
    };
ORDER(comiss)
ORDER(comisd)
ORDER(ucomiss)
ORDER(ucomisd)

template <auto semantic, class T, class S> void orderOp(HOT) {
    OPEN(source, S, T);
    const u64 flags = semantic(element<Xmm>(registerBytes(core, op->dst), 0).v, vec(source.get()));
    NEXT_WITH(flags, 0, EXPLICIT_KIND);
}
template <auto semantic, class T> Handler order(Form& f) {
    if (isMemory(f, 1)) return byAddress(f, [&]<Address A>() -> Handler { return orderOp<semantic, T, Load<A>>; });
    return orderOp<semantic, Xmm, Src>;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_ADDPS, vectorFast<addps>},
    {ZYDIS_MNEMONIC_ADDPD, vectorFast<addpd>},
    {ZYDIS_MNEMONIC_ADDSS, vectorFast<addss, Low32>},
    {ZYDIS_MNEMONIC_ADDSD, vectorFast<addsd, Low64>},
    {ZYDIS_MNEMONIC_SUBPS, vectorFast<subps>},
    {ZYDIS_MNEMONIC_SUBPD, vectorFast<subpd>},
    {ZYDIS_MNEMONIC_SUBSS, vectorFast<subss, Low32>},
    {ZYDIS_MNEMONIC_SUBSD, vectorFast<subsd, Low64>},
    {ZYDIS_MNEMONIC_MULPS, vectorFast<mulps>},
    {ZYDIS_MNEMONIC_MULPD, vectorFast<mulpd>},
    {ZYDIS_MNEMONIC_MULSS, vectorFast<mulss, Low32>},
    {ZYDIS_MNEMONIC_MULSD, vectorFast<mulsd, Low64>},
    {ZYDIS_MNEMONIC_DIVPS, vector<divps>},
    {ZYDIS_MNEMONIC_DIVPD, vectorFast<divpd>},
    {ZYDIS_MNEMONIC_DIVSS, vector<divss, Low32>},
    {ZYDIS_MNEMONIC_DIVSD, vectorFast<divsd, Low64>},
    {ZYDIS_MNEMONIC_MINPS, vector<minps>},
    {ZYDIS_MNEMONIC_MINPD, vector<minpd>},
    {ZYDIS_MNEMONIC_MINSS, vector<minss, Low32>},
    {ZYDIS_MNEMONIC_MINSD, vector<minsd, Low64>},
    {ZYDIS_MNEMONIC_MAXPS, vector<maxps>},
    {ZYDIS_MNEMONIC_MAXPD, vector<maxpd>},
    {ZYDIS_MNEMONIC_MAXSS, vector<maxss, Low32>},
    {ZYDIS_MNEMONIC_MAXSD, vector<maxsd, Low64>},
    {ZYDIS_MNEMONIC_SQRTPS, vector<sqrtps>},
    {ZYDIS_MNEMONIC_SQRTPD, vectorFast<sqrtpd>},
    {ZYDIS_MNEMONIC_SQRTSS, vector<sqrtss, Low32>},
    {ZYDIS_MNEMONIC_SQRTSD, vectorFast<sqrtsd, Low64>},
    {ZYDIS_MNEMONIC_CMPPS, compareFloats},
    {ZYDIS_MNEMONIC_CMPPD, compareDoubles},
    {ZYDIS_MNEMONIC_CMPSS, compareFloat},
    {ZYDIS_MNEMONIC_CMPSD, compareDouble},
    {ZYDIS_MNEMONIC_COMISS, order<comiss, Low32>},
    {ZYDIS_MNEMONIC_COMISD, order<comisd, Low64>},
    {ZYDIS_MNEMONIC_UCOMISS, order<ucomiss, Low32>},
    {ZYDIS_MNEMONIC_UCOMISD, order<ucomisd, Low64>},
    {ZYDIS_MNEMONIC_VCOMISS, order<comiss, Low32>},
    {ZYDIS_MNEMONIC_VCOMISD, order<comisd, Low64>},
    {ZYDIS_MNEMONIC_VUCOMISS, order<ucomiss, Low32>},
    {ZYDIS_MNEMONIC_VUCOMISD, order<ucomisd, Low64>},
};

}  // namespace

Family sseArithmetic() { return table; }

}  // namespace cpu
