// SDM Vol. 1 §5.5.1.2: RCP and RSQRT, which the SDM only bounds (relative error at most 1.5 * 2^-12) and processors do
// differently. Ours: the nearest value of 13 significant bits, computed in integers. MXCSR is neither read nor written;
// denormal operands count as zero and results too small become zero, as the SDM says.
#include "cpu/insn/families.hpp"
#include "cpu/vex.hpp"

#include <bit>

namespace cpu {

namespace {

constexpr u32 SIGN = 0x80000000, INFINITE = 0x7f800000, QUIET = 0x00400000, FRACTION = 0x007fffff, INDEFINITE = 0xffc00000;

// q / 2^12 * 2^exponent, 2^12 <= q <= 2^13.
constexpr u32 compose(u32 sign, u64 q, int exponent) {
    if (q >> 13) q >>= 1, ++exponent;
    if (exponent < -126) return sign;
    return sign | static_cast<u32>(exponent + 127) << 23 | static_cast<u32>(q & 0xfff) << 11;
}

constexpr u32 reciprocal(u32 x) {
    const u32 sign = x & SIGN, magnitude = x & ~SIGN;
    if (magnitude > INFINITE) return x | QUIET;
    if (magnitude == INFINITE) return sign;
    if (magnitude < FRACTION + 1) return sign | INFINITE;
    const u64 m = (x & FRACTION) | (FRACTION + 1);                          // x = m / 2^23 * 2^e
    const int e = static_cast<int>(magnitude >> 23) - 127;
    return compose(sign, ((u64{1} << 36) + m / 2) / m, -e - 1);             // 1/x = (2^36 / m) / 2^12 * 2^(-e - 1)
}

constexpr u32 reciprocalRoot(u32 x) {
    const u32 sign = x & SIGN, magnitude = x & ~SIGN;
    if (magnitude > INFINITE) return x | QUIET;
    if (magnitude < FRACTION + 1) return sign | INFINITE;
    if (sign) return INDEFINITE;
    if (magnitude == INFINITE) return 0;
    const int e = static_cast<int>(magnitude >> 23) - 127;
    const bool odd = e & 1;
    const u64 m = u64{(x & FRACTION) | (FRACTION + 1)} << odd;              // x = m / 2^23 * 2^(e - odd), 1 <= m / 2^23 < 4
    const u64 limit = u64{1} << 51;                                         // q = 2^13 / sqrt(m / 2^23), so q * q * m = 2^49;
    u64 q = 0;                                                              // twice q here, to round
    for (u64 bit = 1u << 14; bit; bit >>= 1)
        if ((q + bit) * (q + bit) * m <= limit) q += bit;
    return compose(0, (q + 1) / 2, -(e - odd) / 2 - 1);
}

using Approximation = u32 (*)(u32);
template <Approximation f> constexpr auto packed = [](V, V source) {
    const u64 low = static_cast<u64>(_mm_cvtsi128_si64(source)), high = static_cast<u64>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(source, source)));
    const auto both = [](u64 x) { return static_cast<i64>(f(static_cast<u32>(x)) | u64{f(static_cast<u32>(x >> 32))} << 32); };
    return _mm_set_epi64x(both(high), both(low));
};
template <Approximation f> constexpr auto scalar = [](V target, V source) {
    const V low = _mm_cvtsi32_si128(static_cast<int>(f(static_cast<u32>(_mm_cvtsi128_si32(source)))));
    return _mm_castps_si128(_mm_move_ss(_mm_castsi128_ps(target), _mm_castsi128_ps(low)));
};

template <Approximation f> struct Vex {
    template <unsigned width, unsigned size> static void two(u8* d, const u8* b) {
        u32 result[8]{};
        for (unsigned i = 0; i < width / 4; ++i) result[i] = f(element<u32>(b, i));
        std::memcpy(d, result, sizeof result);
    }
    template <unsigned width, unsigned size> static void three(u8* d, const u8* a, const u8* b) {
        u32 result[8]{f(element<u32>(b, 0)), element<u32>(a, 1), element<u32>(a, 2), element<u32>(a, 3)};
        std::memcpy(d, result, sizeof result);
    }
};

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_VRCPPS, two<Vex<reciprocal>, 16, 32>},
    {ZYDIS_MNEMONIC_VRCPSS, three<Vex<reciprocal>, 4, 0>},
    {ZYDIS_MNEMONIC_VRSQRTPS, two<Vex<reciprocalRoot>, 16, 32>},
    {ZYDIS_MNEMONIC_VRSQRTSS, three<Vex<reciprocalRoot>, 4, 0>},
    {ZYDIS_MNEMONIC_RCPPS, vector<packed<reciprocal>>},
    {ZYDIS_MNEMONIC_RCPSS, vector<scalar<reciprocal>, Low32>},
    {ZYDIS_MNEMONIC_RSQRTPS, vector<packed<reciprocalRoot>>},
    {ZYDIS_MNEMONIC_RSQRTSS, vector<scalar<reciprocalRoot>, Low32>},
};

}  // namespace

Family sseApproximation() { return table; }

}  // namespace cpu
