#include "cpu/transcendental.hpp"

#include <mpfr.h>

namespace cpu {

namespace {

constexpr mpfr_prec_t RESULT = 128, INTERMEDIATE = 192, LONGEST = 4096;
constexpr auto TRUNCATE = MPFR_RNDZ;

class Number {
public:
    explicit Number(mpfr_prec_t bits = RESULT) { mpfr_init2(value_, bits); }
    Number(const X87::Slot& slot) : Number() {
        const Unrounded number = unrounded(slot);
        mpfr_set_ui_2exp(value_, number.significand, number.exponent - 63, TRUNCATE);
        if (number.negative) mpfr_neg(value_, value_, TRUNCATE);
    }
    ~Number() { mpfr_clear(value_); }
    Number(const Number&) = delete;
    Number& operator=(const Number&) = delete;
    using pointer = mpfr_ptr;
    operator pointer() { return value_; }

private:
    mpfr_t value_;
};

// Of a result that was truncated to RESULT bits.
Unrounded truncated(mpfr_srcptr value, bool inexact) {
    static_assert(sizeof(mp_limb_t) == 8 && RESULT == 128);
    const auto* limbs = static_cast<const mp_limb_t*>(mpfr_custom_get_significand(value));
    return {mpfr_signbit(value) != 0, static_cast<int>(mpfr_get_exp(value)) - 1, limbs[1], limbs[0] | inexact};
}

// compute(value, bits) leaves a value whose relative error is below 2^(8 - bits). It is asked for more bits until the result's are certain,
// which is soon: none of these values is a number of few bits. The limit is never reached; it is there so that there is one.
template <class Compute> Unrounded converge(Compute compute) {
    for (mpfr_prec_t bits = INTERMEDIATE;; bits *= 2) {
        Number value(bits), result;
        compute(value, bits);
        if (bits < LONGEST && !mpfr_can_round(value, bits - 8, MPFR_RNDN, TRUNCATE, RESULT)) continue;
        mpfr_set(result, value, TRUNCATE);
        return truncated(result, true);
    }
}

struct Reduced {
    Number angle;               // within a quarter of pi of 0
    unsigned quadrant = 0;
};
// In units of 2^-65, half of pi's 66 bits is a whole number, and so is every x that needs to be reduced.
void reduce(const X87::Slot& slot, Reduced& out) {
    using u128 = unsigned __int128;
    constexpr u128 HALF_PI = static_cast<u128>(0x3) << 64 | 0x243f6a8885a308d3;
    const Unrounded x = unrounded(slot);
    if (x.exponent < -1) {
        mpfr_set_ui_2exp(out.angle, x.significand, x.exponent - 63, TRUNCATE);
        return;
    }
    const u128 whole = static_cast<u128>(x.significand) << (x.exponent + 2);
    u128 rest = whole % HALF_PI;
    out.quadrant = static_cast<unsigned>(whole / HALF_PI & 3);
    const bool nearer = rest > HALF_PI / 2;
    if (nearer) {
        rest = HALF_PI - rest;
        out.quadrant = (out.quadrant + 1) & 3;
    }
    mpfr_set_ui_2exp(out.angle, static_cast<unsigned long>(rest >> 64), 64, TRUNCATE);
    mpfr_add_ui(out.angle, out.angle, static_cast<unsigned long>(rest), TRUNCATE);
    mpfr_div_2ui(out.angle, out.angle, 65, TRUNCATE);
    if (nearer) mpfr_neg(out.angle, out.angle, TRUNCATE);
}

// The sine of quarter turns and an angle: sine of quadrant 0.
Unrounded circular(Reduced& r, unsigned quadrant, bool negative) {
    Number result;
    const int inexact = quadrant & 1 ? mpfr_cos(result, r.angle, TRUNCATE) : mpfr_sin(result, r.angle, TRUNCATE);
    Unrounded out = truncated(result, inexact);
    out.negative ^= negative ^ (quadrant >> 1 & 1);
    return out;
}

bool isPowerOfTwo(mpfr_srcptr value) { return mpfr_min_prec(value) == 1; }

Unrounded product(mpfr_srcptr a, mpfr_srcptr b) {
    Number result;
    const int inexact = mpfr_mul(result, a, b, TRUNCATE);
    return truncated(result, inexact);
}

}  // namespace

Unrounded sine(const X87::Slot& x) {
    Reduced r;
    reduce(x, r);
    return circular(r, r.quadrant, isNegative(x));
}

Unrounded cosine(const X87::Slot& x) {
    Reduced r;
    reduce(x, r);
    return circular(r, (r.quadrant + 1) & 3, false);
}

Unrounded tangent(const X87::Slot& x) {
    Reduced r;
    reduce(x, r);
    Number result;
    const bool turned = r.quadrant & 1;
    const int inexact = turned ? mpfr_cot(result, r.angle, TRUNCATE) : mpfr_tan(result, r.angle, TRUNCATE);
    Unrounded out = truncated(result, inexact);
    out.negative ^= turned ^ isNegative(x);
    return out;
}

// Where one side is much longer than the other, the angle is a quotient or a part of pi but for something far below 128 bits.
Unrounded arctangent(const X87::Slot& y, const X87::Slot& x) {
    constexpr int FAR = 200;
    const int slope = unrounded(y).exponent - unrounded(x).exponent;
    if (slope > FAR) return quartersOfPi(2, isNegative(y));
    if (slope < -FAR && isNegative(x)) return quartersOfPi(4, isNegative(y));
    Number up(y), right(x), result;
    if (slope >= -FAR) {
        const int inexact = mpfr_atan2(result, up, right, TRUNCATE);
        return truncated(result, inexact);
    }
    if (mpfr_div(result, up, right, TRUNCATE) == 0)
        isNegative(y) ? mpfr_nextabove(result) : mpfr_nextbelow(result);    // less than its tangent
    return truncated(result, true);
}

Unrounded quartersOfPi(unsigned quarters, bool negative) {
    Number pi(INTERMEDIATE), result;
    mpfr_const_pi(pi, TRUNCATE);
    mpfr_mul_ui(pi, pi, quarters, TRUNCATE);
    mpfr_div_2ui(result, pi, 2, TRUNCATE);
    Unrounded out = truncated(result, true);
    out.negative = negative;
    return out;
}

Unrounded powerOfTwoMinusOne(const X87::Slot& slot) {
    Number x(slot);
    if (unrounded(slot).exponent == 0) return {true, -1, u64{1} << 63, 0};
    return converge([&](mpfr_ptr value, mpfr_prec_t) {
        mpfr_const_log2(value, MPFR_RNDN);
        mpfr_mul(value, value, x, MPFR_RNDN);
        mpfr_expm1(value, value, MPFR_RNDN);
    });
}

Unrounded timesLogarithm(const X87::Slot& factor, const X87::Slot& slot) {
    Number y(factor), x(slot);
    if (isPowerOfTwo(x)) {
        Number logarithm;
        mpfr_set_si(logarithm, unrounded(slot).exponent, TRUNCATE);
        return product(y, logarithm);
    }
    return converge([&](mpfr_ptr value, mpfr_prec_t) {
        mpfr_log2(value, x, MPFR_RNDN);
        mpfr_mul(value, value, y, MPFR_RNDN);
    });
}

Unrounded timesLogarithmOnePlus(const X87::Slot& factor, const X87::Slot& slot) {
    Number y(factor), x(slot), sum;
    if (mpfr_add_ui(sum, x, 1, TRUNCATE) == 0 && isPowerOfTwo(sum)) {
        Number logarithm;
        mpfr_set_si(logarithm, mpfr_get_exp(sum) - 1, TRUNCATE);
        return product(y, logarithm);
    }
    return converge([&](mpfr_ptr value, mpfr_prec_t bits) {
        Number two(bits);
        mpfr_const_log2(two, MPFR_RNDN);
        mpfr_log1p(value, x, MPFR_RNDN);
        mpfr_div(value, value, two, MPFR_RNDN);
        mpfr_mul(value, value, y, MPFR_RNDN);
    });
}

}  // namespace cpu
