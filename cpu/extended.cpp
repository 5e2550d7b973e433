#include "cpu/extended.hpp"

#include "cpu/x87.hpp"

#include <bit>

namespace cpu {

namespace {

constexpr u64 ONE = u64{1} << 63;
constexpr int BIAS = 16383, LARGEST = 16383, SMALLEST = -16382;
constexpr int ADJUSTMENT = 24576;       // of the exponent when overflow or underflow is not masked (SDM Vol. 1 §8.5.4)
constexpr unsigned NEAREST = 0, DOWN = 1, UP = 2;

struct Kept {
    u64 significand;
    bool carry, away;
};
Kept keep(const Unrounded& n, unsigned dropped, unsigned rounding) {
    const u64 sticky = n.below != 0;
    u64 kept = dropped < 64 ? n.significand >> dropped : 0, rest = 1;       // rest: what is lost, half a unit is bit 63
    if (dropped == 0) rest = n.below;
    else if (dropped < 64) rest = n.significand << (64 - dropped) | sticky;
    else if (dropped == 64) rest = n.significand | sticky;
    const bool away = rounding == NEAREST ? rest > ONE || (rest == ONE && kept & 1) : rest && rounding == (n.negative ? DOWN : UP);
    kept += away;
    const bool carry = away && kept == 0 && dropped == 0;
    return {carry ? ONE : kept, carry, away};
}

}  // namespace

ExtendedClass classOf(const X87::Slot& slot) {
    const unsigned exponent = slot.exponent & 0x7fff;
    if (exponent == 0) return slot.significand ? ExtendedClass::denormal : ExtendedClass::zero;
    if (!(slot.significand & ONE)) return ExtendedClass::unsupported;
    if (exponent != 0x7fff) return ExtendedClass::normal;
    if (slot.significand == ONE) return ExtendedClass::infinity;
    return slot.significand & ONE >> 1 ? ExtendedClass::quietNaN : ExtendedClass::signallingNaN;
}

Unrounded unrounded(const X87::Slot& slot) {
    const int biased = slot.exponent & 0x7fff, zeros = std::countl_zero(slot.significand);
    return {isNegative(slot), (biased ? biased : 1) - BIAS - zeros, slot.significand << zeros, 0};
}

Rounded roundToExtended(const Unrounded& n, u16 control) {
    const unsigned rounding = control >> 10 & 3;
    const auto slot = [&](u64 significand, int biased) {
        return X87::Slot{significand, static_cast<u16>(biased | (n.negative ? 0x8000 : 0)), {}};
    };
    const auto status = [](unsigned exceptions, bool away) { return static_cast<u16>(exceptions | X87_PRECISION | (away ? X87_C1 : 0)); };
    const Kept full = keep(n, 0, rounding);
    const int exponent = n.exponent + full.carry;
    if (exponent > LARGEST) {
        if (!(control & X87_OVERFLOW)) return {slot(full.significand, exponent + BIAS - ADJUSTMENT), status(X87_OVERFLOW, full.away)};
        const bool infinity = rounding == NEAREST || rounding == (n.negative ? DOWN : UP);
        return {infinity ? slot(ONE, 0x7fff) : slot(~u64{0}, 0x7ffe), status(X87_OVERFLOW, infinity)};
    }
    if (exponent >= SMALLEST) return {slot(full.significand, exponent + BIAS), status(0, full.away)};
    if (!(control & X87_UNDERFLOW)) return {slot(full.significand, exponent + BIAS + ADJUSTMENT), status(X87_UNDERFLOW, full.away)};
    const Kept tiny = keep(n, static_cast<unsigned>(SMALLEST - n.exponent), rounding);
    return {slot(tiny.significand, static_cast<int>(tiny.significand >> 63)), status(X87_UNDERFLOW, tiny.away)};
}

}  // namespace cpu
