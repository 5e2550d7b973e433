// SDM Vol. 1 §5.1.2: binary arithmetic.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

constexpr auto add = []<class T>(T a, T b, Flags) { return Out<T>{static_cast<T>(a + b), {a, b, kindOf<T>(ADD)}}; };
constexpr auto sub = []<class T>(T a, T b, Flags) { return Out<T>{static_cast<T>(a - b), {a, b, kindOf<T>(SUB)}}; };
constexpr auto adc = []<class T>(T a, T b, Flags f) {
    const u64 carry = f.a & FLAG_CF;
    return Out<T>{static_cast<T>(a + b + carry), {a, b, kindOf<T>(ADC) | carry << 8}};
};
constexpr auto sbb = []<class T>(T a, T b, Flags f) {
    const u64 borrow = f.a & FLAG_CF;
    return Out<T>{static_cast<T>(a - b - borrow), {a, b, kindOf<T>(SBB) | borrow << 8}};
};
constexpr auto inc = []<class T>(T a, Flags) {
    const T r = static_cast<T>(a + 1);
    return Out<T>{r, {r, 0, kindOf<T>(INC)}};
};
constexpr auto dec = []<class T>(T a, Flags) {
    const T r = static_cast<T>(a - 1);
    return Out<T>{r, {r, 0, kindOf<T>(DEC)}};
};
constexpr auto neg = []<class T>(T a, Flags) { return Out<T>{static_cast<T>(0 - a), {0, a, kindOf<T>(SUB)}}; };

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_ADD, binary<add>, ADD},
    {ZYDIS_MNEMONIC_ADC, binary<adc, CarryIn::read>},
    {ZYDIS_MNEMONIC_SUB, binary<sub>, SUB},
    {ZYDIS_MNEMONIC_SBB, binary<sbb, CarryIn::read>},
    {ZYDIS_MNEMONIC_CMP, compare<sub>, SUB},
    {ZYDIS_MNEMONIC_INC, unary<inc, Keeps::carry>, INC},
    {ZYDIS_MNEMONIC_DEC, unary<dec, Keeps::carry>, DEC},
    {ZYDIS_MNEMONIC_NEG, unary<neg>, SUB},
};

}  // namespace

Family binaryArithmetic() { return table; }

}  // namespace cpu
