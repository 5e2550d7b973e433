/* printf: every conversion, flag, width, precision and length; scanf reads them back. */
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static void integers(void)
{
    static const char *const flags[] = {"", "-", "+", " ", "0", "#", "-+", "0+", "#0", "- #"};
    static const char *const sizes[] = {"", "1", "12", ".0", ".7", "12.7", "3.2"};
    static const long long values[] = {0, 1, -1, 42, INT_MAX, INT_MIN, LLONG_MAX, LLONG_MIN};
    for (size_t f = 0; f < sizeof flags / sizeof *flags; f++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (const char *conversion = "diouxXc"; *conversion; conversion++) {
                char format[32];
                int c = *conversion == 'c';
                snprintf(format, sizeof format, "[%%%s%s%s%c]", c ? "" : flags[f], c ? "" : sizes[s], c ? "" : "ll", *conversion);
                for (size_t v = 0; v < sizeof values / sizeof *values; v++)
                    c ? printf(format, 'a' + (int)v) : printf(format, values[v]);
                printf("\n");
            }
}

static void doubles(void)
{
    static const char *const sizes[] = {"", ".0", ".1", ".3", "20.10", "-20.10", "+.15", "#.0", "020.5", " .17"};
    static const double values[] = {0.0, -0.0, 1.0, -1.5, 0.1, 2.5, 3.5, 1e-5, 123456.789, 999999.5, 1e15, 1e22, 1e100, 5e-324,
                                    2.2250738585072014e-308, 1.7976931348623157e308, INFINITY, -INFINITY, NAN};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (const char *conversion = "fFeEgGaA"; *conversion; conversion++) {
            char format[32];
            snprintf(format, sizeof format, "[%%%s%c]", sizes[s], *conversion);
            for (size_t v = 0; v < sizeof values / sizeof *values; v++)
                printf(format, values[v]);
            snprintf(format, sizeof format, "[%%%sL%c]\n", sizes[s], *conversion);
            printf(format, 0.1L);
        }
}

static void lengths(void)
{
    printf("%hhd %hhu %hd %hu %ld %lu %lld %llu\n", 300, 300, 70000, 70000, LONG_MIN, ULONG_MAX, LLONG_MIN, ULLONG_MAX);
    printf("%jd %ju %zd %zu %td\n", INTMAX_MIN, UINTMAX_MAX, (ssize_t)-5, (size_t)5, (ptrdiff_t)-7);
    printf("%" PRId8 " %" PRIu16 " %" PRIx32 " %" PRIX64 "\n", INT8_MIN, UINT16_MAX, UINT32_MAX, UINT64_MAX);
    printf("%s|%10s|%-10s|%.2s|%*.*s|%5c|%-5c|%%\n", "text", "text", "text", "text", 8, 3, "text", 'x', 'y');
    printf("%3$s %1$s %2$s %1$s %4$*5$d\n", "one", "two", "three", 7, 6);
    printf("%p %p\n", (void *)0x1234, (void *)~0UL);
    int before = 0, after = 0;
    printf("12345%n67%n\n", &before, &after);
    printf("%d %d\n", before, after);
    printf("%ls|%lc|%.3ls\n", L"wide", L'w', L"truncated");
    char small[8];
    int wanted = snprintf(small, sizeof small, "%s-%d", "longer than that", 1);
    printf("%d %s %d\n", wanted, small, snprintf(NULL, 0, "%1000d", 1));
}

static void readBack(void)
{
    int i = 0, n = 0;
    unsigned x = 0, o = 0;
    double d = 0;
    float f = 0;
    long double l = 0;
    char word[16] = "", set[16] = "", rest[16] = "";
    int got = sscanf("  -42 0x1f 0755 3.25e2 -inf 0x1.8p1 hello abcXYZ,tail", "%i %x %o %lf %f %Lf %15s %15[a-c]%15[^,]%n",
                     &i, &x, &o, &d, &f, &l, word, set, rest, &n);
    printf("%d: %d %x %o %g %g %Lg %s %s %s %d\n", got, i, x, o, d, f, l, word, set, rest, n);
    got = sscanf("12:34:56", "%2d:%*d:%2d", &i, &n);
    printf("%d: %d %d, %d, %d\n", got, i, n, sscanf("x", "%d", &i), sscanf("", "%d", &i));
    wchar_t wide[64];
    printf("%d ", swprintf(wide, 64, L"%d %ls %s %.2f", 5, L"w", "n", 1.005));
    printf("%ls\n", wide);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    integers();
    doubles();
    lengths();
    readBack();
    return 3;
}
