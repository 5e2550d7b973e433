// SDM Vol. 1 §5.1.4: logical.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

template <class T> constexpr Out<T> logic(T r) { return {r, {r, 0, kindOf<T>(SUB)}}; }
constexpr auto and_ = []<class T>(T a, T b, Flags) { return logic(static_cast<T>(a & b)); };
constexpr auto or_ = []<class T>(T a, T b, Flags) { return logic(static_cast<T>(a | b)); };
constexpr auto xor_ = []<class T>(T a, T b, Flags) { return logic(static_cast<T>(a ^ b)); };
constexpr auto not_ = []<class T>(T a, Flags f) { return Out<T>{static_cast<T>(~a), f}; };

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_AND, binary<and_>, SUB},
    {ZYDIS_MNEMONIC_OR, binary<or_>, SUB},
    {ZYDIS_MNEMONIC_XOR, binary<xor_>, SUB},
    {ZYDIS_MNEMONIC_NOT, unary<not_>},
    {ZYDIS_MNEMONIC_TEST, compare<and_>, SUB},
};

}  // namespace

Family logical() { return table; }

}  // namespace cpu
