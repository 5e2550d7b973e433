// MUL, IMUL, DIV and IDIV of SDM Vol. 1 §5.1.2. SF, ZF, AF and PF are undefined after a multiplication: clear here.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

template <class T> struct Wider;
template <> struct Wider<u8> { using U = u16; using S = i16; };
template <> struct Wider<u16> { using U = u32; using S = i32; };
template <> struct Wider<u32> { using U = u64; using S = i64; };
template <> struct Wider<u64> { using U = u128; using S = i128; };
template <class T> using Wide = typename Wider<T>::U;
template <class T> using WideSigned = typename Wider<T>::S;

constexpr u64 overflowFlags(bool overflow) { return flagIf(overflow, FLAG_CF | FLAG_OF); }

// The double-width accumulator: ax, dx:ax, edx:eax, rdx:rax.
template <class T> Wide<T> accumulator(const Core* core) {
    if constexpr (sizeof(T) == 1) return static_cast<u16>(core->gpr[RAX]);
    else
        return static_cast<Wide<T>>(static_cast<Wide<T>>(static_cast<T>(core->gpr[RDX])) << (sizeof(T) * 8) |
                                    static_cast<T>(core->gpr[RAX]));
}
template <class T> void setPart(Core* core, Register name, T value) {
    if constexpr (sizeof(T) >= 4) core->gpr[name] = value;
    else std::memcpy(&core->gpr[name], &value, sizeof value);
}
template <class T> void setAccumulator(Core* core, T low, T high) {
    if constexpr (sizeof(T) == 1) {
        setPart<u16>(core, RAX, static_cast<u16>(high << 8 | low));
    } else {
        setPart<T>(core, RAX, low);
        setPart<T>(core, RDX, high);
    }
}

enum class Sign { none, twos };

template <Sign sign, class T, class S> void multiplyWide(HOT) {
    OPEN(source, S, T);
    const T a = static_cast<T>(core->gpr[RAX]), b = source.get();
    Wide<T> product;
    if constexpr (sign == Sign::none) {
        product = static_cast<Wide<T>>(static_cast<Wide<T>>(a) * b);
    } else {
        product = static_cast<Wide<T>>(static_cast<WideSigned<T>>(static_cast<std::make_signed_t<T>>(a)) *
                                       static_cast<std::make_signed_t<T>>(b));
    }
    const T low = static_cast<T>(product), high = static_cast<T>(product >> (sizeof(T) * 8));
    setAccumulator<T>(core, low, high);
    const T expected = sign == Sign::twos && signOf(low) ? static_cast<T>(~T{0}) : T{0};
    NEXT_WITH(overflowFlags(high != expected), 0, EXPLICIT_KIND);
}

constexpr auto product = []<class T>(T a, T b, Flags) {
    std::make_signed_t<T> r;
    const bool overflow = __builtin_mul_overflow(static_cast<std::make_signed_t<T>>(a), static_cast<std::make_signed_t<T>>(b), &r);
    return Out<T>{static_cast<T>(r), {overflowFlags(overflow), 0, EXPLICIT_KIND}};
};
template <class T, class S> void multiplyByImmediate(HOT) {
    OPEN(source, S, T);
    OPEN(target, Dst, T);
    const Out<T> out = product(source.get(), static_cast<T>(op->imm), Flags{});
    target.set(out.value);
    NEXT_WITH(out.flags.a, 0, EXPLICIT_KIND);
}

template <Sign sign> Handler multiply(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        return rareOperand(f, 0, []<class S>() -> Handler { return multiplyWide<sign, WIDTH(t), S>; });
    });
}
Handler imul(Form& f) {
    if (f.kind(1) == Operand::none) return multiply<Sign::twos>(f);
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        if constexpr (sizeof(T) == 1) return nullptr;
        else if (f.kind(2) == Operand::imm)
            return f.kind(1) == Operand::mem ? multiplyByImmediate<T, Load<Address::any>> : multiplyByImmediate<T, Src>;
        else if (f.kind(1) == Operand::mem)
            return byAddress(f, []<Address A>() -> Handler { return binaryOp<product, T, Dst, Load<A>, CarryIn::ignored>; });
        else return binaryOp<product, T, Dst, Src, CarryIn::ignored>;
    });
}

// #DE when the divisor is 0 or the quotient does not fit.
template <class T, class S> void divideUnsigned(HOT) {
    OPEN(source, S, T);
    const T divisor = source.get();
    const Wide<T> dividend = accumulator<T>(core);
    if (static_cast<T>(dividend >> (sizeof(T) * 8)) >= divisor) TAIL(raiseDivide);
    if (dividend >> (sizeof(T) * 8) == 0) {
        const T low = static_cast<T>(dividend);
        setAccumulator<T>(core, static_cast<T>(low / divisor), static_cast<T>(low % divisor));
    } else {
        setAccumulator<T>(core, static_cast<T>(dividend / divisor), static_cast<T>(dividend % divisor));
    }
    NEXT;
}
template <class T, class S> void divideSigned(HOT) {
    OPEN(source, S, T);
    using Narrow = std::make_signed_t<T>;
    using Long = WideSigned<T>;
    const Narrow divisor = static_cast<Narrow>(source.get());
    const Long dividend = static_cast<Long>(accumulator<T>(core));
    const Long smallest = static_cast<Long>(Wide<T>{1} << (sizeof(T) * 16 - 1));
    if (divisor == 0 || (divisor == -1 && dividend == smallest)) TAIL(raiseDivide);
    const Narrow low = static_cast<Narrow>(dividend);
    if (dividend == low && divisor != -1) {
        setAccumulator<T>(core, static_cast<T>(low / divisor), static_cast<T>(low % divisor));
        NEXT;
    }
    const Long quotient = static_cast<Long>(dividend / divisor);
    if (quotient != static_cast<Narrow>(quotient)) TAIL(raiseDivide);
    setAccumulator<T>(core, static_cast<T>(quotient), static_cast<T>(dividend % divisor));
    NEXT;
}
template <Sign sign> Handler divide(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        return rareOperand(f, 0, []<class S>() -> Handler {
            if constexpr (sign == Sign::none) return divideUnsigned<T, S>;
            else return divideSigned<T, S>;
        });
    });
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_MUL, multiply<Sign::none>},
    {ZYDIS_MNEMONIC_IMUL, imul},
    {ZYDIS_MNEMONIC_DIV, divide<Sign::none>},
    {ZYDIS_MNEMONIC_IDIV, divide<Sign::twos>},
};

}  // namespace

Family multiplyDivide() { return table; }

}  // namespace cpu
