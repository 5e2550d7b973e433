// The x87's transcendental instructions: values, special operands, exceptions and the stack. Values were computed with rational and
// decimal arithmetic of 90 digits, which has nothing in common with the model's.
#include "cpu/extended.hpp"
#include "cpu/x87.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace cpu;

namespace {

using Slot = X87::Slot;
constexpr u8 F2XM1 = 0xf0, FYL2X = 0xf1, FPTAN = 0xf2, FPATAN = 0xf3, FYL2XP1 = 0xf9, FSINCOS = 0xfb, FSIN = 0xfe, FCOS = 0xff;
constexpr u64 BIT = u64{1} << 63;
constexpr Slot ZERO{0, 0, {}}, MINUS_ZERO{0, 0x8000, {}}, ONE{BIT, 0x3fff, {}}, MINUS_ONE{BIT, 0xbfff, {}}, TWO{BIT, 0x4000, {}}, HALF{BIT, 0x3ffe, {}},
    INFINITE{BIT, 0x7fff, {}}, MINUS_INFINITE{BIT, 0xffff, {}}, DENORMAL{0x123, 0, {}}, HUGE_ONE{BIT, 0x403e, {}}, PI{0xc90fdaa22168c235, 0x4000, {}},
    QUIET{0xc000000000000005, 0x7fff, {}}, SIGNALLING{0x8000000000000007, 0x7fff, {}}, UNNORMAL{5, 0x3fff, {}}, LARGEST{~u64{0}, 0x7ffe, {}};
constexpr u16 MASKED = 0x37f, PE = X87_PRECISION, C0_C3 = 0x4100;

// TOP is 4; the stack is given from ST(0) on.
X87 run(u8 modrm, const std::vector<Slot>& stack, u16 control = MASKED, u16 status = X87_C1 | X87_C2) {
    X87 x87;
    x87.control = control;
    x87.status = status;
    setTopX87(x87, 4);
    for (unsigned i = 0; i < stack.size(); ++i) putX87(x87, i, stack[i]);
    settleX87(x87);
    runTranscendentalX87(x87, modrm);
    return x87;
}
Slot st(const X87& x87, unsigned i = 0) { return x87.physical[(topOf(x87) + i) & 7]; }
bool same(const Slot& a, const Slot& b) { return a.significand == b.significand && a.exponent == b.exponent; }
u16 flags(const X87& x87) { return x87.status & ~X87_TOP; }

struct Known {
    u8 modrm;
    Slot x, y, truncated;
    bool nearestIsUp;           // away from zero
};
constexpr Known KNOWN[] = {
    {FSIN, {0x9a3b5c7d9e1f2a4b, 0x3ffe, {}}, {0x8000000000000000, 0x3fff, {}}, {0x9111cdbae541357b, 0x3ffe, {}}, true},
    {FSIN, {0xb7e151628aed2a6b, 0xc003, {}}, {0x8000000000000000, 0x3fff, {}}, {0xd6908bf39210f80d, 0x3ffe, {}}, true},
    {FSIN, {0xf123456789abcdef, 0x403d, {}}, {0x8000000000000000, 0x3fff, {}}, {0xab1699932e14cc3a, 0x3ffa, {}}, false},
    {FSIN, {0xc90fdaa22168c235, 0x4000, {}}, {0x8000000000000000, 0x3fff, {}}, {0xffffffffffffffff, 0xbfbe, {}}, true},
    {FCOS, {0x9a3b5c7d9e1f2a4b, 0x3ffe, {}}, {0x8000000000000000, 0x3fff, {}}, {0xd2edb161290bc7bd, 0x3ffe, {}}, false},
    {FCOS, {0xb7e151628aed2a6b, 0xc003, {}}, {0x8000000000000000, 0x3fff, {}}, {0x8ba2a310ce64a0ba, 0xbffe, {}}, true},
    {FCOS, {0xf123456789abcdef, 0x403d, {}}, {0x8000000000000000, 0x3fff, {}}, {0xffc6ce02c50beba4, 0x3ffe, {}}, true},
    {FCOS, {0xc90fdaa22168c235, 0x4000, {}}, {0x8000000000000000, 0x3fff, {}}, {0xffffffffffffffff, 0xbffe, {}}, true},
    {FPTAN, {0x9a3b5c7d9e1f2a4b, 0x3ffe, {}}, {0x8000000000000000, 0x3fff, {}}, {0xb01176f0039f9fcc, 0x3ffe, {}}, false},
    {FPTAN, {0xb7e151628aed2a6b, 0xc003, {}}, {0x8000000000000000, 0x3fff, {}}, {0xc4af8d13edad1e0a, 0xbfff, {}}, false},
    {FPTAN, {0xf123456789abcdef, 0x403d, {}}, {0x8000000000000000, 0x3fff, {}}, {0xab3cdb9019c528d6, 0x3ffa, {}}, false},
    {FPTAN, {0xc90fdaa22168c235, 0x4000, {}}, {0x8000000000000000, 0x3fff, {}}, {0x8000000000000000, 0x3fbf, {}}, false},
    {F2XM1, {0x8cbccc096f5088fc, 0x3ffd, {}}, {0x8000000000000000, 0x3fff, {}}, {0xd6edd91f2da7fbf5, 0x3ffc, {}}, true},
    {F2XM1, {0xd413cccfe7799211, 0xbffc, {}}, {0x8000000000000000, 0x3fff, {}}, {0x88efccb86865b1a3, 0xbffc, {}}, false},
    {FYL2X, {0x9a3b5c7d9e1f2a4b, 0x3ffe, {}}, {0xb7e151628aed2a6b, 0xc003, {}}, {0x866c9c44613b1afa, 0x4003, {}}, false},
    {FYL2X, {0xf123456789abcdef, 0x403d, {}}, {0xd413cccfe7799211, 0xbffc, {}}, {0xd07a4b18ab5c4adb, 0xc002, {}}, true},
    {FYL2X, {0xabcdef0123456789, 0x0001, {}}, {0x8cbccc096f5088fc, 0x3ffd, {}}, {0x8cb77718603911df, 0xc00b, {}}, false},
    {FYL2XP1, {0x8cbccc096f5088fc, 0x3ffd, {}}, {0xb7e151628aed2a6b, 0xc003, {}}, {0x80d9212b196ff567, 0xc002, {}}, false},
    {FYL2XP1, {0xd413cccfe7799211, 0xbffc, {}}, {0x9a3b5c7d9e1f2a4b, 0x3ffe, {}}, {0xce8c5b061bb91bc7, 0xbffc, {}}, true},
    {FPATAN, {0x9a3b5c7d9e1f2a4b, 0x3ffe, {}}, {0x8cbccc096f5088fc, 0x3ffd, {}}, {0xdb2846f9946463a8, 0x3ffd, {}}, true},
    {FPATAN, {0xb7e151628aed2a6b, 0xc003, {}}, {0xd413cccfe7799211, 0xbffc, {}}, {0xc87c3ad48bac19d0, 0xc000, {}}, false},
    {FPATAN, {0xd413cccfe7799211, 0xbffc, {}}, {0xf123456789abcdef, 0x403d, {}}, {0xc90fdaa22168c234, 0x3fff, {}}, true},
};

}  // namespace

TEST_CASE("transcendental results are rounded correctly in each direction") {
    for (const Known& known : KNOWN)
        for (unsigned rounding = 0; rounding < 4; ++rounding) {
            const bool negative = isNegative(known.truncated);
            const bool up = rounding == 0 ? known.nearestIsUp : rounding == (negative ? 1u : 2u);
            const X87 after = run(known.modrm, {known.x, known.y}, static_cast<u16>((MASKED & ~0xc00) | rounding << 10));
            Slot expected = known.truncated;
            if (up && ++expected.significand == 0) expected.significand = BIT, ++expected.exponent;
            INFO("ModRM " << int{known.modrm} << ", x " << known.x.significand << ", rounding " << rounding);
            CHECK(same(st(after, known.modrm == FPTAN), expected));
            CHECK((flags(after) & ~X87_C2) == (PE | (up ? X87_C1 : 0)));
        }
}

TEST_CASE("precision control does not shorten transcendental results") {
    CHECK(same(st(run(FPATAN, {ONE, ONE}, 0x7f)), {0xc90fdaa22168c235, 0x3ffe, {}}));
}

TEST_CASE("angles are reduced by a pi of 66 bits") {
    const X87 after = run(FSIN, {PI});
    CHECK(same(st(after), {BIT, 0xbfbf, {}}));
    CHECK(same(st(run(FSINCOS, {PI}), 1), st(after)));
}

TEST_CASE("an angle of 2^63 or more is left alone, and C2 says so") {
    for (const u8 modrm : {FSIN, FCOS, FSINCOS, FPTAN}) {
        const X87 after = run(modrm, {HUGE_ONE}, MASKED, X87_C1 | C0_C3);
        CHECK(same(st(after), HUGE_ONE));
        CHECK(topOf(after) == 4);
        CHECK(flags(after) == (X87_C2 | C0_C3));
        CHECK_FALSE(flags(run(modrm, {{~u64{0}, 0x403d, {}}})) & X87_C2);
    }
}

TEST_CASE("FSINCOS pushes the cosine, FPTAN pushes 1") {
    const X87 both = run(FSINCOS, {ONE, TWO}), tangent = run(FPTAN, {ONE, TWO});
    CHECK(topOf(both) == 3);
    CHECK(same(st(both), st(run(FCOS, {ONE}))));
    CHECK(same(st(both, 1), st(run(FSIN, {ONE}))));
    CHECK(same(st(both, 2), TWO));
    CHECK(topOf(tangent) == 3);
    CHECK(same(st(tangent), ONE));
}

TEST_CASE("special operands of the transcendental instructions") {
    constexpr u16 IE = X87_INVALID, ZE = X87_ZERO_DIVIDE, DE = X87_DENORMAL, UP = PE | X87_C1;
    constexpr Slot HALF_PI{0xc90fdaa22168c235, 0x3fff, {}}, QUARTER_PI{0xc90fdaa22168c235, 0x3ffe, {}},
        THREE_QUARTERS{0x96cbe3f9990e91a8, 0x4000, {}};
    constexpr Slot MINUS_HALF{BIT, 0xbffe, {}}, QUIETED{0xc000000000000007, 0x7fff, {}};
    struct Row { u8 modrm; Slot x, y, result; u16 flags; };
    constexpr Row rows[] = {
        {F2XM1, ZERO, ONE, ZERO, 0}, {F2XM1, MINUS_ZERO, ONE, MINUS_ZERO, 0}, {F2XM1, ONE, ONE, ONE, PE}, {F2XM1, MINUS_ONE, ONE, MINUS_HALF, PE},
        {F2XM1, INFINITE, ONE, INFINITE, 0}, {F2XM1, MINUS_INFINITE, ONE, MINUS_ONE, 0}, {F2XM1, LARGEST, ONE, LARGEST, PE},
        {FYL2X, ZERO, ONE, MINUS_INFINITE, ZE}, {FYL2X, MINUS_ZERO, MINUS_ONE, INFINITE, ZE}, {FYL2X, ZERO, INFINITE, MINUS_INFINITE, 0},
        {FYL2X, ZERO, ZERO, INDEFINITE, IE}, {FYL2X, ZERO, DENORMAL, MINUS_INFINITE, ZE}, {FYL2X, ONE, INFINITE, INDEFINITE, IE},
        {FYL2X, ONE, MINUS_ONE, MINUS_ZERO, 0}, {FYL2X, INFINITE, ZERO, INDEFINITE, IE}, {FYL2X, MINUS_ONE, ONE, INDEFINITE, IE},
        {FYL2X, MINUS_INFINITE, ONE, INDEFINITE, IE}, {FYL2X, TWO, ONE, ONE, PE}, {FYL2X, INFINITE, MINUS_ONE, MINUS_INFINITE, 0},
        {FYL2X, HALF, INFINITE, MINUS_INFINITE, 0}, {FYL2X, DENORMAL, ZERO, MINUS_ZERO, DE}, {FYL2X, TWO, LARGEST, LARGEST, PE},
        {FYL2X, HUGE_ONE, LARGEST, INFINITE, UP | X87_OVERFLOW},
        {FYL2XP1, ZERO, INFINITE, INDEFINITE, IE}, {FYL2XP1, ZERO, MINUS_ONE, MINUS_ZERO, 0}, {FYL2XP1, INFINITE, ZERO, INDEFINITE, IE},
        {FYL2XP1, MINUS_INFINITE, ONE, INDEFINITE, IE}, {FYL2XP1, ONE, TWO, TWO, PE}, {FYL2XP1, MINUS_ONE, TWO, MINUS_ONE, PE},
        {FPATAN, ZERO, ZERO, ZERO, 0}, {FPATAN, ONE, MINUS_ZERO, MINUS_ZERO, 0}, {FPATAN, MINUS_ZERO, ZERO, PI, UP}, {FPATAN, INFINITE, ONE, ZERO, 0},
        {FPATAN, MINUS_INFINITE, ONE, PI, UP}, {FPATAN, INFINITE, INFINITE, QUARTER_PI, UP}, {FPATAN, MINUS_INFINITE, INFINITE, THREE_QUARTERS, UP},
        {FPATAN, ZERO, ONE, HALF_PI, UP}, {FPATAN, ONE, DENORMAL, DENORMAL, UP | DE | X87_UNDERFLOW}, {FPATAN, ONE, INFINITE, HALF_PI, UP},
        {FSIN, MINUS_ZERO, ONE, MINUS_ZERO, 0}, {FCOS, MINUS_ZERO, ONE, ONE, 0}, {FCOS, DENORMAL, ONE, ONE, UP | DE}, {FSIN, INFINITE, ONE, INDEFINITE, IE},
        {FSIN, DENORMAL, ONE, DENORMAL, UP | DE | X87_UNDERFLOW}, {FCOS, UNNORMAL, ONE, INDEFINITE, IE}, {FSIN, QUIET, ONE, QUIET, 0},
        {FCOS, SIGNALLING, ONE, QUIETED, IE}, {FPATAN, QUIET, SIGNALLING, QUIET, IE}, {FYL2X, ONE, QUIET, QUIET, 0}, {FYL2X, UNNORMAL, QUIET, INDEFINITE, IE},
        {FYL2XP1, DENORMAL, DENORMAL, ZERO, PE | DE | X87_UNDERFLOW},
    };
    for (const Row& row : rows) {
        const X87 after = run(row.modrm, {row.x, row.y}, MASKED, 0);
        INFO("ModRM " << int{row.modrm} << ", x " << row.x.exponent << ", y " << row.y.exponent);
        CHECK(same(st(after), row.result));
        CHECK(flags(after) == row.flags);
    }
}

TEST_CASE("unmasked exceptions of operands leave the stack, those of results store") {
    const auto unmask = [](u16 exception) { return static_cast<u16>(MASKED & ~exception); };
    const X87 divided = run(FYL2X, {ZERO, ONE}, unmask(X87_ZERO_DIVIDE), 0), denormal = run(FSIN, {DENORMAL}, unmask(X87_DENORMAL), 0);
    CHECK(topOf(divided) == 4);
    CHECK(same(st(divided), ZERO));
    CHECK(flags(divided) == (X87_ZERO_DIVIDE | X87_SUMMARY));
    CHECK(same(st(denormal), DENORMAL));
    CHECK(flags(denormal) == (X87_DENORMAL | X87_SUMMARY));

    const X87 large = run(FYL2X, {HUGE_ONE, LARGEST}, unmask(X87_OVERFLOW), 0), tiny = run(FPTAN, {DENORMAL}, unmask(X87_UNDERFLOW), 0);
    CHECK(topOf(large) == 5);
    CHECK(same(st(large), {0xfbffffffffffffff, 0x7ffe + 6 - 0x6000, {}}));     // 63 * LARGEST, rounded to even
    CHECK(flags(large) == (X87_OVERFLOW | PE | X87_SUMMARY));
    CHECK(topOf(tiny) == 3);
    CHECK(same(st(tiny, 1), {0x9180000000000000, 0x5fca, {}}));
    CHECK(flags(tiny) == (X87_UNDERFLOW | X87_DENORMAL | PE | X87_SUMMARY));
}

TEST_CASE("transcendental instructions find stack faults") {
    constexpr u16 FAULT = X87_INVALID | X87_STACK_FAULT;
    const X87 empty = run(FPTAN, {}), second = run(FPATAN, {ONE}), full = run(FSINCOS, std::vector<Slot>(8, ONE));
    CHECK(flags(empty) == FAULT);
    CHECK(topOf(empty) == 3);
    CHECK(same(st(empty), INDEFINITE));
    CHECK(same(st(empty, 1), INDEFINITE));
    CHECK((flags(second) & ~X87_C2) == FAULT);
    CHECK(topOf(second) == 5);
    CHECK(flags(full) == (FAULT | X87_C1));
    CHECK(same(st(full, 1), INDEFINITE));
    const X87 unmasked = run(FSINCOS, std::vector<Slot>(8, ONE), MASKED & ~X87_INVALID);
    CHECK(topOf(unmasked) == 4);
    CHECK(same(st(unmasked), ONE));
}
