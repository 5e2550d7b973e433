// SDM Vol. 1 §5.1.1: data transfer.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

constexpr auto same = []<class T>(T value) { return value; };

template <class T, class D, class S> constexpr Handler move = convertOp<same, T, T, D, S>;

void moveWideImmediate(HOT) {
    const u64 value = op->imm64;
    std::memcpy(registerBytes(core, op->dst), &value, 8);
    NEXT;
}

Handler mov(Form& f) {
    for (unsigned i = 0; i < 2; ++i)
        if (f.kind(i) == Operand::reg && (f.operand[i].reg.value < ZYDIS_REGISTER_AL || f.operand[i].reg.value > ZYDIS_REGISTER_R15))
            return nullptr;     // segment, control and debug registers have rows of their own
    if (f.kind(1) == Operand::imm && f.kind(0) == Operand::reg && f.bits() == 64) {
        f.op.imm64 = f.operand[1].imm.value.u;
        return moveWideImmediate;
    }
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        if (f.kind(0) == Operand::mem)
            return byAddress(f, [&]<Address A>() -> Handler {
                if (f.kind(1) == Operand::reg) return move<T, Store<A>, Src>;
                return move<T, Store<A>, Imm>;
            });
        if (f.kind(1) == Operand::mem) return byAddress(f, [&]<Address A>() -> Handler { return move<T, Dst, Load<A>>; });
        if (f.kind(1) == Operand::reg) return move<T, Dst, Src>;
        return move<T, Dst, Imm>;
    });
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_MOV, mov},
};

}  // namespace

Family dataTransfer() { return table; }

}  // namespace cpu
