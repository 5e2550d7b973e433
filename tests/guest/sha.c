/* The seven SHA instructions on pseudo-random and extreme operands, in registers and in memory; one digest for each. */
#include <cpuid.h>
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>

#define ROUNDS 4000
#define SHA __attribute__((target("sha,sse4.1")))

static uint64_t state = 88172645463325252ull;
static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t lane(void) {
    switch (next() & 15) {
        case 0: return 0;
        case 1: return ~0ull;
        case 2: return 1ull << (next() & 63);
        default: return next();
    }
}

typedef __m128i (*Function)(__m128i a, __m128i b, __m128i c);
SHA static __m128i rounds0(__m128i a, __m128i b, __m128i c) { (void)c; return _mm_sha1rnds4_epu32(a, b, 0); }
SHA static __m128i rounds1(__m128i a, __m128i b, __m128i c) { (void)c; return _mm_sha1rnds4_epu32(a, b, 1); }
SHA static __m128i rounds2(__m128i a, __m128i b, __m128i c) { (void)c; return _mm_sha1rnds4_epu32(a, b, 2); }
SHA static __m128i rounds3(__m128i a, __m128i b, __m128i c) { (void)c; return _mm_sha1rnds4_epu32(a, b, 3); }
SHA static __m128i nexte(__m128i a, __m128i b, __m128i c) { (void)c; return _mm_sha1nexte_epu32(a, b); }
SHA static __m128i sha1first(__m128i a, __m128i b, __m128i c) { (void)c; return _mm_sha1msg1_epu32(a, b); }
SHA static __m128i sha1second(__m128i a, __m128i b, __m128i c) { (void)c; return _mm_sha1msg2_epu32(a, b); }
SHA static __m128i rounds256(__m128i a, __m128i b, __m128i c) { return _mm_sha256rnds2_epu32(a, b, c); }
SHA static __m128i sha256first(__m128i a, __m128i b, __m128i c) { (void)c; return _mm_sha256msg1_epu32(a, b); }
SHA static __m128i sha256second(__m128i a, __m128i b, __m128i c) { (void)c; return _mm_sha256msg2_epu32(a, b); }

/* A memory operand, an immediate beyond 3, and a destination that is its own source. */
SHA static __m128i memory(__m128i a, __m128i b, __m128i c) {
    __m128i place = b;
    __asm__("sha256msg2 %1, %0" : "+x"(a) : "m"(place));
    __asm__("sha1nexte %1, %0" : "+x"(a) : "m"(place));
    __asm__("sha1rnds4 $0xfe, %1, %0" : "+x"(c) : "m"(place));
    __asm__("sha1msg2 %0, %0" : "+x"(c));
    return _mm_xor_si128(a, c);
}

static const struct {
    const char *name;
    Function run;
} functions[] = {{"sha1rnds4 0", rounds0},   {"sha1rnds4 1", rounds1},   {"sha1rnds4 2", rounds2},     {"sha1rnds4 3", rounds3},
                 {"sha1nexte", nexte},       {"sha1msg1", sha1first},    {"sha1msg2", sha1second},     {"sha256rnds2", rounds256},
                 {"sha256msg1", sha256first}, {"sha256msg2", sha256second}, {"memory", memory}};

int main(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b >> 29 & 1)) {
        puts("this processor has no SHA extensions");
        return 77;
    }
    for (unsigned i = 0; i < sizeof functions / sizeof *functions; ++i) {
        uint64_t digest = 14695981039346656037ull;
        for (int round = 0; round < ROUNDS; ++round) {
            union {
                uint64_t lanes[2];
                __m128i vector;
                unsigned char bytes[16];
            } operand[3], result;
            for (int j = 0; j < 3; ++j) operand[j].lanes[0] = lane(), operand[j].lanes[1] = lane();
            result.vector = functions[i].run(operand[0].vector, operand[1].vector, operand[2].vector);
            for (int j = 0; j < 16; ++j) digest = (digest ^ result.bytes[j]) * 1099511628211ull;
        }
        printf("%-12s %016llx\n", functions[i].name, (unsigned long long)digest);
    }
    return 0;
}
