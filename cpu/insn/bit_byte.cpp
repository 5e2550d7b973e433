// SDM Vol. 1 §5.1.6: bit and byte (TEST is in logical.cpp).
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

enum class Bit { test, set, reset, complement };

template <Bit change, class T> constexpr T changed(T value, T mask) {
    switch (change) {
        case Bit::set: return value | mask;
        case Bit::reset: return value & ~mask;
        case Bit::complement: return value ^ mask;
        default: return value;
    }
}

// A register's bit number counts from the operand's address, signed and beyond its width (SDM Vol. 1 §3.1.1.9).
template <class T, bool writes> struct BitString {
    template <class> static Opened<T> open(const Op* op, Core* core) {
        T number;
        std::memcpy(&number, registerBytes(core, op->src), sizeof number);
        const i64 word = static_cast<i64>(static_cast<std::make_signed_t<T>>(number)) >> (std::bit_width(sizeof(T)) + 2);
        u64 offset = effectiveOffset<Address::any>(op, core) + static_cast<u64>(word) * sizeof(T);
        if (op->segment & ADDRESS32) offset = static_cast<u32>(offset);
        const u64 address = offset + slot(core, op->segment & ~7u);
        return writes ? openStore<T>(core, address) : openLoad<T>(core, address);
    }
    template <class> static constexpr Handler miss = writes ? Handler{refillStore<sizeof(T)>} : Handler{refillLoad<sizeof(T)>};
};

template <Bit change, class T, class D, class S> void bitOp(HOT) {
    if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    OPEN(source, S, T);
    OPEN(target, D, T);
    const unsigned n = source.get() % (sizeof(T) * 8);
    const T value = target.get();
    if constexpr (change != Bit::test) target.set(changed<change, T>(value, static_cast<T>(T{1} << n)));
    fa = (fa & ~FLAG_CF) | (value >> n & 1);
    NEXT;
}
template <Bit change> Handler bit(Form& f) {
    constexpr bool writes = change != Bit::test;
    using Memory = std::conditional_t<writes, Store<Address::any>, Load<Address::any>>;
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        if constexpr (sizeof(T) == 1) return nullptr;
        else if (f.kind(0) == Operand::reg) return f.kind(1) == Operand::imm ? bitOp<change, T, Dst, Imm> : bitOp<change, T, Dst, Src>;
        else if (f.kind(1) == Operand::imm) return bitOp<change, T, Memory, Imm>;
        else return bitOp<change, T, BitString<T, writes>, Src>;
    });
}

enum class Scan { forward, reverse };
template <Scan scan, class T, class S> void scanOp(HOT) {
    OPEN(source, S, T);
    OPEN(target, Dst, T);
    const T value = source.get();
    constexpr int top = sizeof(T) * 8 - 1;
    const T index = static_cast<T>(scan == Scan::forward ? std::countr_zero(value) : top - std::countl_zero(value));
    if (value) target.set(index);       // zero leaves the target, as Intel's processors do
    NEXT_WITH(value, 0, kindOf<T>(SUB));
}
template <Scan scan> Handler bitScan(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        if constexpr (sizeof(T) == 1) return nullptr;
        else return rareOperand(f, 1, []<class S>() -> Handler { return scanOp<scan, T, S>; });
    });
}

template <Condition C, FlagKind K, class T, class D> void setIf(HOT) {
    CONDITION(yes, C, K, T);
    OPEN(target, D, u8);
    target.set(yes);
    NEXT;
}
template <Condition C> Handler setcc(Form& f) {
    if (f.kind(0) == Operand::mem) {
        f.leaves = UNKNOWN;
        return setIf<C, EXPLICIT, u64, Store<Address::any>>;
    }
    return byCondition<C>(f, []<FlagKind K, class T>() -> Handler { return setIf<C, K, T, Dst>; });
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_BT, bit<Bit::test>},
    {ZYDIS_MNEMONIC_BTS, bit<Bit::set>},
    {ZYDIS_MNEMONIC_BTR, bit<Bit::reset>},
    {ZYDIS_MNEMONIC_BTC, bit<Bit::complement>},
    {ZYDIS_MNEMONIC_BSF, bitScan<Scan::forward>, SUB},
    {ZYDIS_MNEMONIC_BSR, bitScan<Scan::reverse>, SUB},
    {ZYDIS_MNEMONIC_SETO, setcc<CC_O>}, {ZYDIS_MNEMONIC_SETNO, setcc<CC_NO>},
    {ZYDIS_MNEMONIC_SETB, setcc<CC_B>}, {ZYDIS_MNEMONIC_SETNB, setcc<CC_NB>},
    {ZYDIS_MNEMONIC_SETZ, setcc<CC_Z>}, {ZYDIS_MNEMONIC_SETNZ, setcc<CC_NZ>},
    {ZYDIS_MNEMONIC_SETBE, setcc<CC_BE>}, {ZYDIS_MNEMONIC_SETNBE, setcc<CC_NBE>},
    {ZYDIS_MNEMONIC_SETS, setcc<CC_S>}, {ZYDIS_MNEMONIC_SETNS, setcc<CC_NS>},
    {ZYDIS_MNEMONIC_SETP, setcc<CC_P>}, {ZYDIS_MNEMONIC_SETNP, setcc<CC_NP>},
    {ZYDIS_MNEMONIC_SETL, setcc<CC_L>}, {ZYDIS_MNEMONIC_SETNL, setcc<CC_NL>},
    {ZYDIS_MNEMONIC_SETLE, setcc<CC_LE>}, {ZYDIS_MNEMONIC_SETNLE, setcc<CC_NLE>},
};

}  // namespace

Family bitByte() { return table; }

}  // namespace cpu
