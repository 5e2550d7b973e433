/* Floating point: arithmetic, conversions, printing and reading. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    volatile double third = 1.0 / 3, big = 1e300, tiny = 5e-324;
    printf("%.17g %.3f %e %a %g %g\n", third, third * 100, big * 10, third, big * big, tiny);
    printf("%g %g %g %.15g\n", sqrt(2.0), floor(-2.5), third - third, strtod("123456789.125e-3", 0));
    printf("%ld %lu %lld\n", strtol("-99999999999", 0, 10), strtoul("0xffff", 0, 16), -9223372036854775807LL - 1);
    volatile float f = 16777217.0f;
    volatile long big64 = 9007199254740993;
    printf("%.1f %.1f %d %ld\n", f, (double)big64, (int)-2.9, (long)1e18);
    return 0;
}
