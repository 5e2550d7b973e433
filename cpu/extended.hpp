// Numbers of the x87's extended format (SDM Vol. 1 §4.2.2, §8.2.2), and rounding to it.
#pragma once

#include "cpu/state.hpp"

namespace cpu {

enum class ExtendedClass : u8 { zero, denormal, normal, infinity, quietNaN, signallingNaN, unsupported };     // denormal: pseudo-denormals, too

ExtendedClass classOf(const X87::Slot& slot);
constexpr bool isNegative(const X87::Slot& slot) { return slot.exponent >> 15; }
constexpr X87::Slot INDEFINITE{0xc000000000000000, 0xffff, {}};

// A finite number that is not zero: (significand + below / 2^64) * 2^(exponent - 63). Bit 63 of the significand is set; bit 0 of below
// is also set when there is anything further down.
struct Unrounded {
    bool negative;
    int exponent;
    u64 significand, below;
};
Unrounded unrounded(const X87::Slot& slot);     // denormal or normal

struct Rounded {
    X87::Slot value;
    u16 status;             // OE, UE, C1 (rounded away from zero), and PE always
};
// By the control word's rounding control and its masks of overflow and underflow (SDM Vol. 1 §4.8.4, §8.5.4, §8.5.5). The number counts
// as inexact. Tininess is found after rounding.
Rounded roundToExtended(const Unrounded& number, u16 control);

}  // namespace cpu
