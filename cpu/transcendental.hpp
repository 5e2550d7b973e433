// The transcendental functions of the x87, by MPFR: 128 bits that are the true value's, so that rounding them is correct and the
// same on every host. No operand is a NaN. Zero and infinity are operands only where it says so.
#pragma once

#include "cpu/extended.hpp"

namespace cpu {

// |x| < 2^63, not zero. The argument is reduced by pi as the processor knows it, to 66 bits (SDM Vol. 1 §8.3.8).
Unrounded sine(const X87::Slot& x);
Unrounded cosine(const X87::Slot& x);
Unrounded tangent(const X87::Slot& x);
Unrounded arctangent(const X87::Slot& y, const X87::Slot& x);           // the angle of (x, y); neither is zero or infinity
Unrounded quartersOfPi(unsigned quarters, bool negative);               // 1 to 4
Unrounded powerOfTwoMinusOne(const X87::Slot& x);                       // |x| < 1, or -1; not zero
Unrounded timesLogarithm(const X87::Slot& y, const X87::Slot& x);       // y * log2(x), x > 0 and not 1
Unrounded timesLogarithmOnePlus(const X87::Slot& y, const X87::Slot& x);    // y * log2(1 + x), x > -1; not zero

}  // namespace cpu
