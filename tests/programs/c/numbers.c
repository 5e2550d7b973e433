/* strtod, strtol and their kin at their corners; rounding modes, classification, division. */
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t bits(double value)
{
    uint64_t word;
    memcpy(&word, &value, sizeof word);
    return word;
}

static void decimals(void)
{
    static const char *const texts[] = {
        "0", "-0", "+1", "1e23", "8.5e22", "9007199254740993", "9007199254740992.5", "9007199254740993.00000000000000000000000001",
        "2.2250738585072011e-308", "2.2250738585072012e-308", "4.9406564584124654e-324", "2.4703282292062327e-324",
        "2.4703282292062328e-324", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "1e309", "-1e309",
        "1e-400", "0x1p-1074", "0x1p-1075", "0x1.8p-1075", "0x1.fffffffffffff8p0", "0x1.fffffffffffff7p0", "0x.8", "0x", "inf",
        "-INFINITY", "nan", "nan(123)", "infinit", ".5", "5.", ".", "e5", "1e", "1e+", "1e+5x", "  12", "1_000", "1e1000000000000",
        "0e99999999999", "179769313486231580793728971405301e277", "6.631236846766476e-316", "3.237883913302901289588352412501e-316",
        "0.500000000000000166533453693773481063544750213623046875", "1.00000005960464477539062499", "1.000000059604644775390625"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *end;
        errno = 0;
        double d = strtod(texts[i], &end);
        int wrong = errno;
        float f = strtof(texts[i], NULL);
        long double l = strtold(texts[i], NULL);
        if (isnan(d))
            printf("%s: nan, %td read\n", texts[i], end - texts[i]);
        else
            printf("%s: %016llx %.9g %.21Lg, %td read, ERANGE %d\n", texts[i], (unsigned long long)bits(d), f, l, end - texts[i],
                   wrong == ERANGE);
    }
}

static void wholes(void)
{
    static const char *const texts[] = {"0", "-1", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
                                        "-9223372036854775809", "18446744073709551615", "18446744073709551616", "0x7fff", "0777",
                                        "0x", "zz", "", "-", "+12abc", " \t\n42"};
    static const int bases[] = {0, 2, 8, 10, 16, 36};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t b = 0; b < sizeof bases / sizeof *bases; b++) {
            char *end;
            errno = 0;
            long value = strtol(texts[i], &end, bases[b]);
            int wrong = errno;
            printf("%s/%d: %ld %lu %td %d\n", texts[i], bases[b], value, strtoul(texts[i], NULL, bases[b]), end - texts[i],
                   wrong == ERANGE);
        }
}

static void rounding(void)
{
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    static const double values[] = {0.5, 1.5, 2.5, -0.5, -2.5, 1e15 + 0.5, -0.1, 1e300};
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
        fesetround(modes[m]);
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            volatile double value = values[v];
            printf("%g %g %g %g %g %ld ", rint(value), nearbyint(value), floor(value), ceil(value), trunc(value),
                   fabs(value) < 1e18 ? lrint(value) : 0);
        }
        volatile double one = 1, three = 3;
        volatile long double lone = 1, lthree = 3;
        printf("%016llx %.25Lg %016llx\n", (unsigned long long)bits(one / three), lone / lthree, (unsigned long long)bits(sqrt(three)));
    }
    fesetround(FE_TONEAREST);
    feclearexcept(FE_ALL_EXCEPT);
    volatile double zero = 0, big = DBL_MAX, tiny = DBL_MIN, one = 1;
    volatile double result = one / zero;
    printf("%g %d\n", result, fetestexcept(FE_ALL_EXCEPT) == FE_DIVBYZERO);
    result = big * big, result = tiny * tiny, result = zero / zero;
    printf("%d %d %d %d\n", !!fetestexcept(FE_OVERFLOW), !!fetestexcept(FE_UNDERFLOW), !!fetestexcept(FE_INVALID),
           fetestexcept(FE_INEXACT) != 0);
}

static void parts(void)
{
    static const double values[] = {1, -3.75, 5e-324, 1e308, 0.1};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        int exponent, quotient;
        double whole, fraction = modf(values[v], &whole), mantissa = frexp(values[v], &exponent);
        printf("%g %g %.17g %d %d %.17g %.17g %.17g\n", whole, fraction, mantissa, exponent, ilogb(values[v]), ldexp(values[v], -3),
               fmod(values[v], 0.7), remquo(values[v], 0.3, &quotient));
        printf("%.17g %.17g %d %d\n", nextafter(values[v], 1e9), fma(values[v], 3, 0.1), fpclassify(values[v]) == FP_SUBNORMAL,
               signbit(values[v]) != 0);
    }
    printf("%.10g %.10g %.10g %.10g %.10g %.10g\n", sin(1), exp(1.5), log(10), pow(2, 0.5), atan2(1, -1), cbrt(27));
    printf("%.10Lg %.10Lg %.10g %.10g\n", sinl(1), expl(1), tgamma(5.5), erf(0.5));
    lldiv_t divided = lldiv(-7, 2);
    printf("%lld %lld %d %lld\n", divided.quot, divided.rem, abs(-5), llabs(INT64_MIN + 1));
}

int main(void)
{
    decimals();
    wholes();
    rounding();
    parts();
    return 0;
}
