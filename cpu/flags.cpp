#include "cpu/flags.hpp"

namespace cpu {

namespace {

template <class T> u64 statusOf(Flags f, Flags older) {
    const T a = static_cast<T>(f.a), b = static_cast<T>(f.b);
    const bool carry = f.kind & FLAGS_CARRY_IN;
    switch ((f.kind >> 2) & 31) {
        case SUB: return subFlags<T>(a, b, false);
        case ADD: return addFlags<T>(a, b, false);
        case ADC: return addFlags<T>(a, b, carry);
        case SBB: return subFlags<T>(a, b, carry);
        case INC: return (addFlags<T>(static_cast<T>(a - 1), 1, false) & ~FLAG_CF) | (statusFlags(older, {0, 0, EXPLICIT_KIND}) & FLAG_CF);
        case DEC: return (subFlags<T>(static_cast<T>(a + 1), 1, false) & ~FLAG_CF) | (statusFlags(older, {0, 0, EXPLICIT_KIND}) & FLAG_CF);
        case ROL: return rolFlags<T>(a) | (statusFlags(older, {0, 0, EXPLICIT_KIND}) & ~(FLAG_CF | FLAG_OF));
        case ROR: return rorFlags<T>(a) | (statusFlags(older, {0, 0, EXPLICIT_KIND}) & ~(FLAG_CF | FLAG_OF));
        case SHL: return shlFlags<T>(a, f.b);
        case SHR: return shrFlags<T>(a, f.b);
        case SAR: return sarFlags<T>(a, f.b);
        default: return f.a & FLAGS_STATUS;
    }
}

}  // namespace

u64 statusFlags(Flags flags, Flags older) {
    switch (flags.kind & 3) {
        case 0: return statusOf<u8>(flags, older);
        case 1: return statusOf<u16>(flags, older);
        case 2: return statusOf<u32>(flags, older);
        default: return statusOf<u64>(flags, older);
    }
}

}  // namespace cpu
