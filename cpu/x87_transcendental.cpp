// F2XM1, FYL2X, FYL2XP1, FPTAN, FPATAN, FSIN, FCOS, FSINCOS: their operands, the exceptions and what becomes of the stack (SDM Vol. 2,
// each instruction's tables; Vol. 1 §8.3.8, §8.5). What the SDM leaves open is what Skylake does: any result that is not one of the
// tables is inexact; F2XM1 and FYL2XP1 return ST(0) where it is outside their range.
#include "cpu/transcendental.hpp"
#include "cpu/x87.hpp"

#include <algorithm>
#include <iterator>

namespace cpu {

namespace {

using Slot = X87::Slot;
using Class = ExtendedClass;

constexpr u64 ONE_BIT = u64{1} << 63;
constexpr Slot ONE{ONE_BIT, 0x3fff, {}};
constexpr int LIMIT = 63;       // of an angle: 2^63

struct Results {
    Slot value{}, pushed{};     // pushed: of those that push
    u16 status = 0;             // exceptions, stack fault, C1, C2
};
Results invalid(u16 status = X87_INVALID) { return {INDEFINITE, INDEFINITE, status}; }
Results rounded(const Unrounded& number, u16 control) {
    const Rounded result = roundToExtended(number, control);
    return {result.value, {}, result.status};
}
Slot zero(bool negative) { return {0, static_cast<u16>(negative ? 0x8000 : 0), {}}; }
Slot infinity(bool negative) { return {ONE_BIT, static_cast<u16>(negative ? 0xffff : 0x7fff), {}}; }
int exponentOf(const Slot& slot) { return (slot.exponent & 0x7fff) - 0x3fff; }      // of a normal number
bool isOne(const Slot& slot) { return slot.exponent == ONE.exponent && slot.significand == ONE_BIT; }
bool isNaN(Class c) { return c == Class::quietNaN || c == Class::signallingNaN; }

struct Operands {
    Slot x, y;                  // ST(0), ST(1)
    Class xs, ys;
    u16 control;
    bool negative() const { return isNegative(x) != isNegative(y); }
};

// SDM Vol. 1 §4.8.3.5, table 4-7.
Slot chooseNaN(const Operands& o) {
    const auto quiet = [](Slot slot) { return Slot{slot.significand | ONE_BIT >> 1, slot.exponent, {}}; };
    if (!isNaN(o.ys)) return quiet(o.x);
    if (!isNaN(o.xs)) return quiet(o.y);
    if (o.xs != o.ys) return o.xs == Class::quietNaN ? o.x : o.y;
    if (o.x.significand == o.y.significand) return quiet(isNegative(o.x) ? o.y : o.x);
    return quiet(o.x.significand > o.y.significand ? o.x : o.y);
}

Results f2xm1(const Operands& o) {
    if (o.xs == Class::zero) return {o.x, {}, 0};
    if (o.xs == Class::infinity) return {isNegative(o.x) ? Slot{ONE_BIT, 0xbfff, {}} : o.x, {}, 0};
    const bool least = isNegative(o.x) && exponentOf(o.x) == 0 && o.x.significand == ONE_BIT;
    if (exponentOf(o.x) >= 0 && !least) return {o.x, {}, X87_PRECISION};
    return rounded(powerOfTwoMinusOne(o.x), o.control);
}

Results fyl2x(const Operands& o) {
    const bool opposite = !isNegative(o.y);     // of the sign of y, where the logarithm is negative
    if (o.xs == Class::zero) {
        if (o.ys == Class::zero) return invalid();
        return {infinity(opposite), {}, o.ys == Class::infinity ? u16{0} : X87_ZERO_DIVIDE};
    }
    if (isNegative(o.x)) return invalid();
    if (o.xs == Class::infinity) return o.ys == Class::zero ? invalid() : Results{infinity(isNegative(o.y)), {}, 0};
    if (isOne(o.x)) return o.ys == Class::infinity ? invalid() : Results{zero(isNegative(o.y)), {}, 0};
    const bool negative = isNegative(o.y) != (exponentOf(o.x) < 0);
    if (o.ys == Class::infinity) return {infinity(negative), {}, 0};
    if (o.ys == Class::zero) return {zero(negative), {}, 0};
    return rounded(timesLogarithm(o.y, o.x), o.control);
}

Results fyl2xp1(const Operands& o) {
    if (o.xs == Class::zero) return o.ys == Class::infinity ? invalid() : Results{zero(o.negative()), {}, 0};
    if (o.xs == Class::infinity) return isNegative(o.x) || o.ys == Class::zero ? invalid() : Results{infinity(isNegative(o.y)), {}, 0};
    if (o.ys == Class::zero) return {zero(o.negative()), {}, 0};
    if (o.ys == Class::infinity) return {infinity(o.negative()), {}, 0};
    if (isNegative(o.x) && exponentOf(o.x) >= 0) return {o.x, {}, X87_PRECISION};
    return rounded(timesLogarithmOnePlus(o.y, o.x), o.control);
}

Results fpatan(const Operands& o) {
    const bool negative = isNegative(o.y), left = isNegative(o.x);
    const auto quarters = [&](unsigned n) { return rounded(quartersOfPi(n, negative), o.control); };
    const bool farRight = o.xs == Class::infinity, farUp = o.ys == Class::infinity;
    if (farRight && farUp) return quarters(left ? 3 : 1);
    if (o.ys == Class::zero || farRight) return left ? quarters(4) : Results{zero(negative), {}, 0};
    if (o.xs == Class::zero || farUp) return quarters(2);
    return rounded(arctangent(o.y, o.x), o.control);
}

Results fsin(const Operands& o) { return o.xs == Class::zero ? Results{o.x, {}, 0} : rounded(sine(o.x), o.control); }
Results fcos(const Operands& o) { return o.xs == Class::zero ? Results{ONE, {}, 0} : rounded(cosine(o.x), o.control); }
Results fsincos(const Operands& o) {
    const Results s = fsin(o), c = fcos(o);
    return {s.value, c.value, static_cast<u16>((s.status & ~X87_C1) | c.status)};
}
Results fptan(const Operands& o) {
    Results t = o.xs == Class::zero ? Results{o.x, {}, 0} : rounded(tangent(o.x), o.control);
    t.pushed = ONE;
    return t;
}

enum class Stack : u8 { replaces, pushes, pops };
struct Function {
    u8 modrm;
    Stack stack;
    bool angle;
    Results (*compute)(const Operands&);
};
constexpr Function FUNCTIONS[] = {
    {0xf0, Stack::replaces, false, f2xm1}, {0xf1, Stack::pops, false, fyl2x},   {0xf2, Stack::pushes, true, fptan},
    {0xf3, Stack::pops, false, fpatan},    {0xf9, Stack::pops, false, fyl2xp1}, {0xfb, Stack::pushes, true, fsincos},
    {0xfe, Stack::replaces, true, fsin},   {0xff, Stack::replaces, true, fcos},
};

// In the order of SDM Vol. 1 §4.9.2: stack faults, unsupported operands, NaNs, what is invalid or divides by zero, denormal operands.
Results apply(const Function& f, const X87& x87) {
    const bool two = f.stack == Stack::pops;
    if (isEmptyX87(x87, 0) || (two && isEmptyX87(x87, 1))) return invalid(X87_INVALID | X87_STACK_FAULT);
    if (f.stack == Stack::pushes && !isEmptyX87(x87, 7)) return invalid(X87_INVALID | X87_STACK_FAULT | X87_C1);
    const Slot x = x87.physical[topOf(x87)], y = two ? x87.physical[(topOf(x87) + 1) & 7] : ONE;
    const Operands o{x, y, classOf(x), classOf(y), x87.control};
    if (o.xs == Class::unsupported || o.ys == Class::unsupported) return invalid();
    if (isNaN(o.xs) || isNaN(o.ys)) {
        const bool signalling = o.xs == Class::signallingNaN || o.ys == Class::signallingNaN;
        return {chooseNaN(o), chooseNaN(o), signalling ? X87_INVALID : u16{0}};
    }
    if (f.angle && o.xs == Class::infinity) return invalid();
    if (f.angle && exponentOf(x) >= LIMIT) return {{}, {}, X87_C2};
    Results results = f.compute(o);
    const bool denormal = o.xs == Class::denormal || o.ys == Class::denormal;
    if (denormal && !(results.status & (X87_INVALID | X87_ZERO_DIVIDE))) results.status |= X87_DENORMAL;
    return results;
}

}  // namespace

void runTranscendentalX87(X87& x87, u8 modrm) {
    constexpr u16 BEFORE = X87_INVALID | X87_DENORMAL | X87_ZERO_DIVIDE;       // unmasked, they leave the operands as they are
    const Function& f =
        *std::find_if(FUNCTIONS, FUNCTIONS + std::size(FUNCTIONS) - 1, [&](const Function& each) { return each.modrm == modrm; });
    const Results results = apply(f, x87);
    x87.status = static_cast<u16>(x87.status & ~(X87_C1 | (f.angle ? X87_C2 : 0)));
    const u16 stopping = results.status & BEFORE & ~x87.control;
    if (stopping || results.status & X87_C2) {
        x87.status |= results.status & (results.status & X87_STACK_FAULT ? 0xffff : BEFORE | X87_C2);
        return settleX87(x87);
    }
    x87.status |= results.status;
    if (f.stack == Stack::pops) popX87(x87);
    putX87(x87, 0, results.value);
    if (f.stack == Stack::pushes) {
        setTopX87(x87, topOf(x87) - 1);
        putX87(x87, 0, results.pushed);
    }
    settleX87(x87);
}

}  // namespace cpu
