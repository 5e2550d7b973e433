// Lazy status flags: the last flag-writing operation's operands and kind; the six flags are computed when somebody reads them.
#pragma once

#include "cpu/state.hpp"

#include <bit>
#include <type_traits>

namespace cpu {

struct Flags {
    u64 a, b, kind;
};

enum FlagKind : u64 {
    SUB,        // a - b; logical results are a = result, b = 0
    ADD,        // a + b
    ADC, SBB,   // the same with a carry in: bit 8 of the kind
    INC, DEC,   // a = result; CF is the older flags'
    ROL, ROR,   // a = result; only CF and OF are theirs
    SHL, SHR, SAR,   // a << b, a >> b; b is not 0 and not masked again
    EXPLICIT,   // a = the flags as in RFLAGS
};
constexpr u64 EXPLICIT_KIND = EXPLICIT << 2;
constexpr u64 FLAGS_CARRY_IN = 1u << 8;
constexpr bool keepsCarry(u64 kind) { return (kind >> 3) == 2; }       // INC, DEC
constexpr bool isRotate(u64 kind) { return (kind >> 3) == 3; }         // ROL, ROR

template <class T> constexpr u64 kindOf(FlagKind kind) { return kind << 2 | (std::bit_width(sizeof(T)) - 1); }

template <class T> constexpr bool signOf(T value) { return static_cast<std::make_signed_t<T>>(value) < 0; }
constexpr bool parityOf(u64 value) { return !(std::popcount(value & 0xff) & 1); }
constexpr u64 flagIf(bool set, u64 flag) { return set ? flag : 0; }
template <class T> constexpr u64 resultFlags(T r) {
    return flagIf(r == 0, FLAG_ZF) | flagIf(signOf(r), FLAG_SF) | flagIf(parityOf(r), FLAG_PF);
}

template <class T> constexpr u64 addFlags(T a, T b, bool carry) {
    const T r = static_cast<T>(a + b + carry);
    const T carries = static_cast<T>((a & b) | ((a | b) & ~r));
    const T overflow = static_cast<T>((a ^ r) & (b ^ r));
    return resultFlags(r) | flagIf(signOf(carries), FLAG_CF) | flagIf(carries & 8, FLAG_AF) | flagIf(signOf(overflow), FLAG_OF);
}
template <class T> constexpr u64 subFlags(T a, T b, bool borrow) {
    const T r = static_cast<T>(a - b - borrow);
    const T borrows = static_cast<T>((~a & b) | ((~a | b) & r));
    const T overflow = static_cast<T>((a ^ b) & (a ^ r));
    return resultFlags(r) | flagIf(signOf(borrows), FLAG_CF) | flagIf(borrows & 8, FLAG_AF) | flagIf(signOf(overflow), FLAG_OF);
}
template <class T> constexpr u64 shlFlags(T a, u64 n) {
    constexpr unsigned bits = sizeof(T) * 8;
    const T r = n < bits ? static_cast<T>(a << n) : T{0};
    const bool carry = n <= bits && (a >> (bits - n) & 1);
    return resultFlags(r) | flagIf(carry, FLAG_CF) | flagIf(signOf(r) != carry, FLAG_OF);
}
template <class T> constexpr u64 shrFlags(T a, u64 n) {
    constexpr unsigned bits = sizeof(T) * 8;
    const T r = n < bits ? static_cast<T>(a >> n) : T{0};
    return resultFlags(r) | flagIf(n <= bits && (a >> (n - 1) & 1), FLAG_CF) | flagIf(signOf(a), FLAG_OF);
}
template <class T> constexpr u64 sarFlags(T a, u64 n) {
    using S = std::make_signed_t<T>;
    constexpr unsigned bits = sizeof(T) * 8;
    const S wide = static_cast<S>(a);
    const T r = static_cast<T>(wide >> (n < bits ? n : bits - 1));
    return resultFlags(r) | flagIf(wide >> (n <= bits ? n - 1 : bits - 1) & 1, FLAG_CF);
}
template <class T> constexpr u64 rolFlags(T r) { return flagIf(r & 1, FLAG_CF) | flagIf(signOf(r) != (r & 1), FLAG_OF); }
template <class T> constexpr u64 rorFlags(T r) {
    return flagIf(signOf(r), FLAG_CF) | flagIf(signOf(r) != signOf(static_cast<T>(r << 1)), FLAG_OF);
}

// The six status flags, in RFLAGS' places. older: what INC, DEC and rotates left alone.
u64 statusFlags(Flags flags, Flags older);

enum Condition : u8 { CC_O, CC_NO, CC_B, CC_NB, CC_Z, CC_NZ, CC_BE, CC_NBE, CC_S, CC_NS, CC_P, CC_NP, CC_L, CC_NL, CC_LE, CC_NLE };

constexpr bool holds(Condition condition, u64 status) {
    const bool less = !(status & FLAG_SF) != !(status & FLAG_OF);
    bool yes = false;
    switch (condition & ~1) {
        case CC_O: yes = status & FLAG_OF; break;
        case CC_B: yes = status & FLAG_CF; break;
        case CC_Z: yes = status & FLAG_ZF; break;
        case CC_BE: yes = status & (FLAG_CF | FLAG_ZF); break;
        case CC_S: yes = status & FLAG_SF; break;
        case CC_P: yes = status & FLAG_PF; break;
        case CC_L: yes = less; break;
        case CC_LE: yes = less || (status & FLAG_ZF); break;
    }
    return yes != (condition & 1);
}

// The condition on flags whose kind and width are known when the block is built.
template <Condition C, FlagKind K, class T> constexpr bool holds(u64 fa, u64 fb) {
    using S = std::make_signed_t<T>;
    if constexpr (K == EXPLICIT) return holds(C, fa);
    const T a = static_cast<T>(fa), b = static_cast<T>(fb);
    const T r = static_cast<T>(K == SUB ? a - b : a + b);
    constexpr Condition positive = static_cast<Condition>(C & ~1);
    bool yes = false;
    const bool carry = K == SUB ? a < b : r < a;
    const bool overflow = signOf(static_cast<T>(K == SUB ? (a ^ b) & (a ^ r) : (a ^ r) & (b ^ r)));
    if constexpr (positive == CC_O) yes = overflow;
    if constexpr (positive == CC_B) yes = carry;
    if constexpr (positive == CC_Z) yes = K == SUB ? a == b : r == 0;
    if constexpr (positive == CC_BE) yes = K == SUB ? a <= b : carry || r == 0;
    if constexpr (positive == CC_S) yes = signOf(r);
    if constexpr (positive == CC_P) yes = parityOf(r);
    if constexpr (positive == CC_L) yes = K == SUB ? static_cast<S>(a) < static_cast<S>(b) : signOf(r) != overflow;
    if constexpr (positive == CC_LE) yes = K == SUB ? static_cast<S>(a) <= static_cast<S>(b) : signOf(r) != overflow || r == 0;
    return yes != static_cast<bool>(C & 1);
}

}  // namespace cpu
