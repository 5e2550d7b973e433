// SDM Vol. 1 §5.1.5: shift and rotate. Counts are masked to 5 bits, 6 for 64-bit operands (SDM Vol. 2, SAL/SAR/SHL/SHR).
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

template <class T> constexpr unsigned bitsOf = sizeof(T) * 8;
template <class T> constexpr unsigned countMask = sizeof(T) == 8 ? 63 : 31;

// n is masked and not 0. The lazy flags keep the operand and the count.
constexpr auto shl = []<class T>(T a, unsigned n) {
    return Out<T>{static_cast<T>(n < bitsOf<T> ? static_cast<u64>(a) << n : 0), {a, n, kindOf<T>(SHL)}};
};
constexpr auto shr = []<class T>(T a, unsigned n) {
    return Out<T>{static_cast<T>(static_cast<u64>(a) >> n), {a, n, kindOf<T>(SHR)}};
};
constexpr auto sar = []<class T>(T a, unsigned n) {
    const i64 wide = static_cast<std::make_signed_t<T>>(a);
    return Out<T>{static_cast<T>(wide >> n), {a, n, kindOf<T>(SAR)}};
};
constexpr auto rol = []<class T>(T a, unsigned n) {
    const T r = std::rotl(a, static_cast<int>(n % bitsOf<T>));
    return Out<T>{r, {r, 0, kindOf<T>(ROL)}};
};
constexpr auto ror = []<class T>(T a, unsigned n) {
    const T r = std::rotr(a, static_cast<int>(n % bitsOf<T>));
    return Out<T>{r, {r, 0, kindOf<T>(ROR)}};
};

struct ByCl {
    template <class T> static unsigned count(const Op*, const Core* core) { return core->gpr[RCX] & countMask<T>; }
};
struct ByImmediate {        // 0 has gone to ByMaskedImmediate
    template <class T> static unsigned count(const Op* op, const Core*) { return static_cast<unsigned>(op->imm); }
};
struct ByMaskedImmediate {
    template <class T> static unsigned count(const Op* op, const Core*) { return static_cast<unsigned>(op->imm) & countMask<T>; }
};
enum class Rest { computed, kept };     // SF, ZF, AF and PF

template <auto semantic, class T, class D, class N, Rest rest> void shiftOp(HOT) {
    const unsigned n = N::template count<T>(op, core);
    OPEN(target, D, T);
    if constexpr (!std::is_same_v<N, ByImmediate>) {
        if (n == 0) {
            target.set(target.get());
            NEXT;
        }
    }
    if constexpr (rest == Rest::kept) {
        if (!isRotate(fk)) core->older = {fa, fb, fk};
    }
    const Out<T> out = semantic(target.get(), n);
    target.set(out.value);
    NEXT_WITH(out.flags.a, out.flags.b, out.flags.kind);
}

// For a rotate whose flags nobody reads.
template <auto semantic, class T> void flaglessOp(HOT) {
    OPEN(target, Dst, T);
    target.set(semantic(target.get(), static_cast<unsigned>(op->imm)).value);
    NEXT;
}

template <auto semantic, Rest rest = Rest::computed> Handler shift(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        return rareTarget(f, [&]<class D>() -> Handler {
            if (f.kind(1) != Operand::imm) return shiftOp<semantic, T, D, ByCl, rest>;
            f.op.imm &= countMask<T>;
            if (f.op.imm == 0) return shiftOp<semantic, T, D, ByMaskedImmediate, rest>;
            if constexpr (rest == Rest::kept && std::is_same_v<D, Dst>) f.flagless = flaglessOp<semantic, T>;
            return shiftOp<semantic, T, D, ByImmediate, rest>;
        });
    });
}

struct Rotated {
    u64 value;
    bool carry;
};
// Rotates of bits + 1 through the carry (SDM Vol. 2, RCL/RCR/ROL/ROR).
template <class T> constexpr Rotated throughCarryLeft(T a, bool carry, unsigned n) {
    for (unsigned i = 0; i < n; ++i) {
        const bool out = signOf(a);
        a = static_cast<T>(a << 1 | carry);
        carry = out;
    }
    return {a, carry};
}
template <class T> constexpr Rotated throughCarryRight(T a, bool carry, unsigned n) {
    for (unsigned i = 0; i < n; ++i) {
        const bool out = a & 1;
        a = static_cast<T>(a >> 1 | static_cast<T>(static_cast<T>(carry) << (bitsOf<T> - 1)));
        carry = out;
    }
    return {a, carry};
}
enum class Way { left, right };

template <Way way, class T, class D, class N> void rotateThroughCarry(HOT) {
    if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    const unsigned n = N::template count<T>(op, core) % (bitsOf<T> + 1);
    OPEN(target, D, T);
    const T a = target.get();
    const bool carry = fa & FLAG_CF;
    const Rotated out = way == Way::left ? throughCarryLeft<T>(a, carry, n) : throughCarryRight<T>(a, carry, n);
    const T r = static_cast<T>(out.value);
    target.set(r);
    if (n == 0) NEXT;
    const bool overflow = way == Way::left ? signOf(r) != out.carry : signOf(r) != signOf(static_cast<T>(r << 1));
    fa = (fa & ~(FLAG_CF | FLAG_OF)) | flagIf(out.carry, FLAG_CF) | flagIf(overflow, FLAG_OF);
    NEXT;
}
template <Way way> Handler rotateCarry(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        return rareTarget(f, [&]<class D>() -> Handler {
            if (f.kind(1) != Operand::imm) return rotateThroughCarry<way, T, D, ByCl>;
            return rotateThroughCarry<way, T, D, ByMaskedImmediate>;
        });
    });
}

// n is masked and not 0; a 16-bit count above 16 is undefined and takes bits of the first operand again, as Intel does.
template <class T> constexpr Rotated doubleLeft(T a, T b, unsigned n) {
    if constexpr (sizeof(T) == 2) {
        const u64 wide = u64{a} << 32 | u64{b} << 16 | a;
        return {static_cast<u16>(wide << n >> 32), static_cast<bool>(wide >> (48 - n) & 1)};
    } else {
        return {static_cast<T>(a << n | b >> (bitsOf<T> - n)), static_cast<bool>(a >> (bitsOf<T> - n) & 1)};
    }
}
template <class T> constexpr Rotated doubleRight(T a, T b, unsigned n) {
    if constexpr (sizeof(T) == 2) {
        const u64 wide = u64{a} << 32 | u64{b} << 16 | a;
        return {static_cast<u16>(wide >> n), static_cast<bool>(wide >> (n - 1) & 1)};
    } else {
        return {static_cast<T>(a >> n | b << (bitsOf<T> - n)), static_cast<bool>(a >> (n - 1) & 1)};
    }
}
template <Way way, class T, class D, class N> void doubleShift(HOT) {
    const unsigned n = N::template count<T>(op, core);
    OPEN(target, D, T);
    OPEN(source, Src, T);
    const T a = target.get();
    if (n == 0) {
        target.set(a);
        NEXT;
    }
    const Rotated out = way == Way::left ? doubleLeft<T>(a, source.get(), n) : doubleRight<T>(a, source.get(), n);
    const T r = static_cast<T>(out.value);
    target.set(r);
    const u64 status = resultFlags(r) | flagIf(out.carry, FLAG_CF) | flagIf(signOf(r) != signOf(a), FLAG_OF);
    NEXT_WITH(status, 0, EXPLICIT_KIND);
}
template <Way way> Handler shiftDouble(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        if constexpr (sizeof(T) == 1) return nullptr;
        else return rareTarget(f, [&]<class D>() -> Handler {
            if (f.kind(2) == Operand::imm) return doubleShift<way, T, D, ByMaskedImmediate>;
            return doubleShift<way, T, D, ByCl>;
        });
    });
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_SHL, shift<shl>},
    {ZYDIS_MNEMONIC_SHR, shift<shr>},
    {ZYDIS_MNEMONIC_SAR, shift<sar>},
    {ZYDIS_MNEMONIC_ROL, shift<rol, Rest::kept>},
    {ZYDIS_MNEMONIC_ROR, shift<ror, Rest::kept>},
    {ZYDIS_MNEMONIC_RCL, rotateCarry<Way::left>},
    {ZYDIS_MNEMONIC_RCR, rotateCarry<Way::right>},
    {ZYDIS_MNEMONIC_SHLD, shiftDouble<Way::left>},
    {ZYDIS_MNEMONIC_SHRD, shiftDouble<Way::right>},
};

}  // namespace

Family shiftRotate() { return table; }

}  // namespace cpu
