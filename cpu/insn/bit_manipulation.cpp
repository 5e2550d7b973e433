// POPCNT, CRC32 (SDM Vol. 1 §5.12.2), LZCNT, BMI1 and BMI2 (§5.1.16), ADX (§5.20) and MOVBE. Flags that the SDM leaves
// undefined are those of Intel's processors.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

__extension__ typedef unsigned __int128 u128;

// The third operand of a VEX instruction, when it is a register: op.imm holds its offset.
struct ThirdGeneral {
    template <class T> static RegisterOperand<&Op::dst>::Ref<T> open(const Op* op, Core* core) {
        return {registerBytes(core, static_cast<unsigned>(op->imm))};
    }
    template <class T> static constexpr Handler miss = leaveFault;     // never
};

template <class T> constexpr Out<T> settled(T value, u64 flags) { return {value, {flags, 0, EXPLICIT_KIND}}; }
template <class T> constexpr u64 zeroSign(T value) { return flagIf(value == 0, FLAG_ZF) | flagIf(signOf(value), FLAG_SF); }

// One source, one target.
template <auto semantic, class T, class S> void countOp(HOT) {
    OPEN(source, S, T);
    OPEN(target, Dst, T);
    const Out<T> out = semantic(source.get());
    target.set(out.value);
    NEXT_WITH(out.flags.a, out.flags.b, out.flags.kind);
}
template <auto semantic> Handler count(Form& f) {
    return byWideWidth(f.bits(), [&](auto t) -> Handler {
        return rareOperand(f, 1, []<class S>() -> Handler { return countOp<semantic, WIDTH(t), S>; });
    });
}

constexpr auto popcnt = []<class T>(T a) {
    u64 bits;
    asm("popcnt %1, %0" : "=r"(bits) : "r"(u64{a}) : "cc");
    return settled(static_cast<T>(bits), flagIf(a == 0, FLAG_ZF));
};
constexpr auto lzcnt = []<class T>(T a) {
    const T r = static_cast<T>(std::countl_zero(a));
    return settled(r, flagIf(a == 0, FLAG_CF) | flagIf(r == 0, FLAG_ZF));
};
constexpr auto tzcnt = []<class T>(T a) {
    const T r = static_cast<T>(std::countr_zero(a));
    return settled(r, flagIf(a == 0, FLAG_CF) | flagIf(r == 0, FLAG_ZF));
};
constexpr auto blsi = []<class T>(T a) {
    const T r = static_cast<T>(a & (0 - a));
    return settled(r, zeroSign(r) | flagIf(a != 0, FLAG_CF));
};
constexpr auto blsmsk = []<class T>(T a) {
    const T r = static_cast<T>(a ^ (a - 1));
    return settled(r, zeroSign(r) | flagIf(a == 0, FLAG_CF));
};
constexpr auto blsr = []<class T>(T a) {
    const T r = static_cast<T>(a & (a - 1));
    return settled(r, zeroSign(r) | flagIf(a == 0, FLAG_CF));
};

// Two sources, one target.
template <auto semantic, class T, class A, class B> void threeOp(HOT) {
    OPEN(first, A, T);
    OPEN(second, B, T);
    OPEN(target, Dst, T);
    const Out<T> out = semantic(first.get(), second.get(), Flags{fa, fb, fk});
    target.set(out.value);
    NEXT_WITH(out.flags.a, out.flags.b, out.flags.kind);
}
template <class Pick> Handler byVexWidth(Form& f, Pick pick) {
    if (f.kind(2) == Operand::reg) f.op.imm = registerOffset(f.operand[2].reg.value);
    return f.bits() == 64 ? pick(u64{}) : pick(u32{});
}
template <auto semantic> Handler three(Form& f) {
    return byVexWidth(f, [&](auto t) -> Handler {
        using T = WIDTH(t);
        if (f.kind(1) == Operand::mem) return threeOp<semantic, T, Load<Address::any>, ThirdGeneral>;
        if (f.kind(2) == Operand::mem) return threeOp<semantic, T, Src, Load<Address::any>>;
        return threeOp<semantic, T, Src, ThirdGeneral>;
    });
}

constexpr auto andn = []<class T>(T a, T b, Flags) {
    const T r = static_cast<T>(~a & b);
    return settled(r, zeroSign(r));
};
constexpr auto bextr = []<class T>(T a, T control, Flags) {
    constexpr unsigned bits = sizeof(T) * 8;
    const unsigned start = control & 0xff, length = control >> 8 & 0xff;
    T r = start < bits ? static_cast<T>(a >> start) : T{0};
    if (length < bits) r &= static_cast<T>((T{1} << length) - 1);
    return settled(r, flagIf(r == 0, FLAG_ZF));
};
constexpr auto bzhi = []<class T>(T a, T index, Flags) {
    constexpr unsigned bits = sizeof(T) * 8;
    const unsigned n = index & 0xff;
    const T r = n < bits ? static_cast<T>(a & ((T{1} << n) - 1)) : a;
    return settled(r, zeroSign(r) | flagIf(n >= bits, FLAG_CF));
};
constexpr auto pdep = []<class T>(T a, T mask, Flags flags) {
    T r;
    asm("pdep %2, %1, %0" : "=r"(r) : "r"(a), "r"(mask));
    return Out<T>{r, flags};
};
constexpr auto pext = []<class T>(T a, T mask, Flags flags) {
    T r;
    asm("pext %2, %1, %0" : "=r"(r) : "r"(a), "r"(mask));
    return Out<T>{r, flags};
};
template <class T> constexpr unsigned masked(T n) { return static_cast<unsigned>(n) & (sizeof(T) * 8 - 1); }
constexpr auto shlx = []<class T>(T a, T n, Flags flags) { return Out<T>{static_cast<T>(a << masked(n)), flags}; };
constexpr auto shrx = []<class T>(T a, T n, Flags flags) { return Out<T>{static_cast<T>(a >> masked(n)), flags}; };
constexpr auto sarx = []<class T>(T a, T n, Flags flags) {
    return Out<T>{static_cast<T>(static_cast<std::make_signed_t<T>>(a) >> masked(n)), flags};
};

template <class T, class S> void rorxOp(HOT) {
    OPEN(source, S, T);
    OPEN(target, Dst, T);
    target.set(std::rotr(source.get(), static_cast<int>(masked(static_cast<T>(op->imm)))));
    NEXT;
}
Handler rorx(Form& f) {
    return f.bits() == 64 ? rareOperand(f, 1, []<class S>() -> Handler { return rorxOp<u64, S>; })
                          : rareOperand(f, 1, []<class S>() -> Handler { return rorxOp<u32, S>; });
}

// dst: the high half, which wins if both targets are one register; src: the low half.
template <class T, class S> void mulxOp(HOT) {
    OPEN(source, S, T);
    OPEN(high, Dst, T);
    OPEN(low, Src, T);
    const u128 product = static_cast<u128>(static_cast<T>(core->gpr[RDX])) * source.get();
    low.set(static_cast<T>(product));
    high.set(static_cast<T>(product >> (sizeof(T) * 8)));
    NEXT;
}
Handler mulx(Form& f) {
    return byVexWidth(f, [&](auto t) -> Handler {
        using T = WIDTH(t);
        return f.kind(2) == Operand::mem ? mulxOp<T, Load<Address::any>> : mulxOp<T, ThirdGeneral>;
    });
}

// Only CF, only OF.
template <u64 flag> constexpr auto addThrough = []<class T>(T a, T b, Flags f) {
    const u128 sum = static_cast<u128>(a) + b + ((f.a & flag) != 0);
    return settled(static_cast<T>(sum), (f.a & ~flag) | flagIf(static_cast<bool>(sum >> (sizeof(T) * 8)), flag));
};

constexpr auto swap = []<class T>(T a) {
    if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(a));
    else if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(a));
    else return static_cast<T>(a << 8 | a >> 8);
};
Handler movbe(Form& f) {
    return byWideWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        return f.kind(0) == Operand::mem ? convertStore<swap, T, T>(f) : convert<swap, T, T>(f);
    });
}

template <class T> u32 crc32c(u32 crc, T data) {
    u64 r = crc;
    if constexpr (sizeof(T) == 1) asm("crc32b %1, %k0" : "+r"(r) : "q"(data));
    if constexpr (sizeof(T) == 2) asm("crc32w %1, %k0" : "+r"(r) : "r"(data));
    if constexpr (sizeof(T) == 4) asm("crc32l %1, %k0" : "+r"(r) : "r"(data));
    if constexpr (sizeof(T) == 8) asm("crc32q %1, %0" : "+r"(r) : "r"(data));
    return static_cast<u32>(r);
}
template <class T, class S> void crcOp(HOT) {
    OPEN(source, S, T);
    OPEN(target, Dst, u32);
    target.set(crc32c(target.get(), source.get()));
    NEXT;
}
Handler crc32(Form& f) {
    return byWidth(f.bits(1), [&](auto t) -> Handler {
        return rareOperand(f, 1, []<class S>() -> Handler { return crcOp<WIDTH(t), S>; });
    });
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_POPCNT, count<popcnt>}, {ZYDIS_MNEMONIC_LZCNT, count<lzcnt>},
    {ZYDIS_MNEMONIC_TZCNT, count<tzcnt>},   {ZYDIS_MNEMONIC_CRC32, crc32},
    {ZYDIS_MNEMONIC_ANDN, three<andn>},     {ZYDIS_MNEMONIC_BEXTR, three<bextr>},
    {ZYDIS_MNEMONIC_BLSI, count<blsi>},     {ZYDIS_MNEMONIC_BLSMSK, count<blsmsk>},
    {ZYDIS_MNEMONIC_BLSR, count<blsr>},     {ZYDIS_MNEMONIC_BZHI, three<bzhi>},
    {ZYDIS_MNEMONIC_MULX, mulx},            {ZYDIS_MNEMONIC_RORX, rorx},
    {ZYDIS_MNEMONIC_PDEP, three<pdep>},     {ZYDIS_MNEMONIC_PEXT, three<pext>},
    {ZYDIS_MNEMONIC_SARX, three<sarx>},     {ZYDIS_MNEMONIC_SHLX, three<shlx>},
    {ZYDIS_MNEMONIC_SHRX, three<shrx>},     {ZYDIS_MNEMONIC_MOVBE, movbe},
    {ZYDIS_MNEMONIC_ADCX, binary<addThrough<FLAG_CF>, CarryIn::read>},
    {ZYDIS_MNEMONIC_ADOX, binary<addThrough<FLAG_OF>, CarryIn::read>},
};

}  // namespace

Family bitManipulation() { return table; }

}  // namespace cpu
