// SDM Vol. 1 §5.1.1: data transfer, but for the stack (stack.cpp).
#include "cpu/insn/families.hpp"
#include "cpu/segments.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

constexpr auto same = []<class T>(T value) { return value; };
template <class To> constexpr auto zeroExtend = []<class From>(From value) { return static_cast<To>(value); };
template <class To> constexpr auto signExtend = []<class From>(From value) {
    return static_cast<To>(static_cast<std::make_signed_t<From>>(value));
};

template <class T, class D, class S> constexpr Handler move = convertOp<same, T, T, D, S>;

void moveWideImmediate(HOT) {
    const u64 value = op->imm64;
    std::memcpy(registerBytes(core, op->dst), &value, 8);
    NEXT;
}

bool isGeneral(const ZydisDecodedOperand& operand) {
    return operand.type != ZYDIS_OPERAND_TYPE_REGISTER ||
           (operand.reg.value >= ZYDIS_REGISTER_AL && operand.reg.value <= ZYDIS_REGISTER_R15);
}

Handler mov(Form& f) {
    if (!isGeneral(f.operand[0]) || !isGeneral(f.operand[1])) return nullptr;
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

enum class Extend { zero, sign };
template <class To, Extend how> Handler extendTo(Form& f) {
    const auto from = [&](auto s) -> Handler {
        using From = WIDTH(s);
        if constexpr (sizeof(From) > sizeof(To)) return convert<zeroExtend<To>, To, To>(f);     // MOVSXD with 66h
        else if constexpr (how == Extend::zero) return convert<zeroExtend<To>, To, From>(f);
        else return convert<signExtend<To>, To, From>(f);
    };
    switch (f.bits(1)) {
        case 8: return from(u8{});
        case 16: return from(u16{});
        case 32: return from(u32{});
    }
    return nullptr;
}
template <Extend how> Handler extend(Form& f) {
    switch (f.bits()) {
        case 16: return extendTo<u16, how>(f);
        case 32: return extendTo<u32, how>(f);
        case 64: return extendTo<u64, how>(f);
    }
    return nullptr;
}

template <Condition C, FlagKind K, class KT, class T, class S> void moveIf(HOT) {
    CONDITION(moves, C, K, KT);
    OPEN(source, S, T);
    OPEN(target, Dst, T);
    const T yes = source.get(), no = target.get();
    target.set(moves ? yes : no);
    NEXT;
}
template <Condition C> Handler cmov(Form& f) {
    if (f.kind(1) == Operand::mem || f.bits() == 16) f.leaves = UNKNOWN;    // perhaps settled
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        if constexpr (sizeof(T) == 1) return nullptr;
        else if (f.kind(1) == Operand::mem) {
            if constexpr (sizeof(T) > 2) return byAddress(f, [&]<Address A>() -> Handler { return moveIf<C, EXPLICIT, u64, T, Load<A>>; });
            else return moveIf<C, EXPLICIT, u64, T, Load<Address::any>>;
        }
        else if constexpr (sizeof(T) == 2) return moveIf<C, EXPLICIT, u64, T, Src>;
        else return byCondition<C>(f, []<FlagKind K, class KT>() -> Handler { return moveIf<C, K, KT, T, Src>; });
    });
}

template <class T, class D> void exchange(HOT) {
    OPEN(target, D, T);
    OPEN(source, Src, T);
    const T a = target.get(), b = source.get();
    source.set(a);
    target.set(b);
    NEXT;
}
Handler xchg(Form& f) {
    if (f.kind(1) == Operand::mem) f.op.src = f.op.dst;
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        if (f.kind(0) == Operand::mem || f.kind(1) == Operand::mem) return exchange<T, Store<Address::any>>;
        return exchange<T, Dst>;
    });
}

template <class T, class D> void exchangeAdd(HOT) {
    OPEN(target, D, T);
    OPEN(source, Src, T);
    const T a = target.get(), b = source.get();
    source.set(a);
    target.set(static_cast<T>(a + b));
    NEXT_WITH(a, b, kindOf<T>(ADD));
}
Handler xadd(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        return rareTarget(f, []<class D>() -> Handler { return exchangeAdd<WIDTH(t), D>; });
    });
}

template <class T, class D> void compareExchange(HOT) {
    OPEN(target, D, T);
    OPEN(source, Src, T);
    const T accumulator = static_cast<T>(core->gpr[RAX]), present = target.get(), replacement = source.get();
    if (accumulator == present) {
        target.set(replacement);
    } else {
        if constexpr (!std::is_same_v<D, Dst>) target.set(present);
        typename Dst::Ref<T>{registerBytes(core, offsetof(Registers, gpr))}.set(present);
    }
    NEXT_WITH(accumulator, present, kindOf<T>(SUB));
}
Handler cmpxchg(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        return rareTarget(f, []<class D>() -> Handler { return compareExchange<WIDTH(t), D>; });
    });
}

template <class T> struct Pair {
    T low, high;
};
template <class T, class D> void compareExchangePair(HOT) {
    if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    OPEN(target, D, Pair<T>);
    const Pair<T> present = target.get();
    const bool equal = present.low == static_cast<T>(core->gpr[RAX]) && present.high == static_cast<T>(core->gpr[RDX]);
    if (equal) {
        target.set({static_cast<T>(core->gpr[RBX]), static_cast<T>(core->gpr[RCX])});
    } else {
        target.set(present);
        core->gpr[RAX] = present.low;
        core->gpr[RDX] = present.high;
    }
    fa = (fa & ~FLAG_ZF) | flagIf(equal, FLAG_ZF);
    NEXT;
}

template <class T> void swapBytes(HOT) {
    OPEN(target, Dst, T);
    if constexpr (sizeof(T) == 8) target.set(__builtin_bswap64(target.get()));
    if constexpr (sizeof(T) == 4) target.set(__builtin_bswap32(target.get()));
    if constexpr (sizeof(T) == 2) target.set(0);        // undefined; what Intel's processors do
    NEXT;
}
Handler bswap(Form& f) { return f.bits() == 64 ? swapBytes<u64> : f.bits() == 32 ? swapBytes<u32> : swapBytes<u16>; }

// CBW, CWDE, CDQE: rax from its low half. CWD, CDQ, CQO: rdx from rax's sign.
template <class To, class From> void extendAccumulator(HOT) {
    OPEN(target, Dst, To);
    target.set(signExtend<To>(static_cast<From>(core->gpr[RAX])));
    NEXT;
}
template <class T> void spreadSign(HOT) {
    OPEN(target, Dst, T);
    target.set(signOf(static_cast<T>(core->gpr[RAX])) ? static_cast<T>(~T{0}) : T{0});
    NEXT;
}
template <Register target, Handler handler> Handler accumulator(Form& f) {
    f.op.dst = static_cast<u16>(offsetof(Registers, gpr) + 8 * target);
    return handler;
}

// SS takes the data segment at level 3 only (SDM Vol. 2, MOV).
bool loadSelector(Core& core, const Op& op) {
    u16 value = 0;
    if (op.misc & 0x80) {
        if (!core.fetch(effectiveAddress<Address::any>(&op, &core), value)) return false;
    } else {
        std::memcpy(&value, registerBytes(&core, op.src), 2);
    }
    const unsigned which = op.misc & 0x7f;
    const bool stack = which == ZYDIS_REGISTER_SS - ZYDIS_REGISTER_ES;
    if (stack ? value != 0x2b : !isLoadable(value)) return core.fault(VECTOR_GP, value & ~3u);
    switch (which + ZYDIS_REGISTER_ES) {
        case ZYDIS_REGISTER_ES: core.es = value; break;
        case ZYDIS_REGISTER_SS: core.ss = value, core.shadow = true; break;
        case ZYDIS_REGISTER_DS: core.ds = value; break;
        case ZYDIS_REGISTER_FS: core.fs = value, core.fs_base = 0; break;
        case ZYDIS_REGISTER_GS: core.gs = value, core.gs_base = 0; break;
    }
    return true;
}
u16 selectorOf(const Core& core, unsigned which) {
    switch (which + ZYDIS_REGISTER_ES) {
        case ZYDIS_REGISTER_ES: return core.es;
        case ZYDIS_REGISTER_CS: return core.cs;
        case ZYDIS_REGISTER_SS: return core.ss;
        case ZYDIS_REGISTER_DS: return core.ds;
        case ZYDIS_REGISTER_FS: return core.fs;
        default: return core.gs;
    }
}
template <class T, class D> void readSelector(HOT) {
    OPEN(target, D, T);
    target.set(static_cast<T>(selectorOf(*core, op->misc)));
    NEXT;
}
bool isSelector(const ZydisDecodedOperand& operand) {
    return operand.type == ZYDIS_OPERAND_TYPE_REGISTER && operand.reg.value >= ZYDIS_REGISTER_ES && operand.reg.value <= ZYDIS_REGISTER_GS;
}
Handler movSelector(Form& f) {
    const unsigned at = isSelector(f.operand[0]) ? 0 : 1;
    if (!isSelector(f.operand[at])) return nullptr;
    f.op.misc = static_cast<u8>(f.operand[at].reg.value - ZYDIS_REGISTER_ES);
    if (at == 0) {
        if (f.kind(1) == Operand::mem) f.op.misc |= 0x80;
        return actionOp<loadSelector>;
    }
    if (f.kind(0) == Operand::mem) return readSelector<u16, Store<Address::any>>;
    return byWidth(f.bits(), [&](auto t) -> Handler { return readSelector<WIDTH(t), Dst>; });
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_MOV, mov},
    {ZYDIS_MNEMONIC_MOV, movSelector},
    {ZYDIS_MNEMONIC_MOV, last<raiseProtection>},        // control and debug registers
    {ZYDIS_MNEMONIC_MOVNTI, mov},
    {ZYDIS_MNEMONIC_MOVZX, extend<Extend::zero>},
    {ZYDIS_MNEMONIC_MOVSX, extend<Extend::sign>},
    {ZYDIS_MNEMONIC_MOVSXD, extend<Extend::sign>},
    {ZYDIS_MNEMONIC_XCHG, xchg},
    {ZYDIS_MNEMONIC_XADD, xadd, ADD},
    {ZYDIS_MNEMONIC_CMPXCHG, cmpxchg, SUB},
    {ZYDIS_MNEMONIC_CMPXCHG8B, plain<compareExchangePair<u32, Store<Address::any>>>},
    {ZYDIS_MNEMONIC_CMPXCHG16B, plain<compareExchangePair<u64, AlignedStore<Address::any>>>},
    {ZYDIS_MNEMONIC_BSWAP, bswap},
    {ZYDIS_MNEMONIC_CBW, accumulator<RAX, extendAccumulator<u16, u8>>},
    {ZYDIS_MNEMONIC_CWDE, accumulator<RAX, extendAccumulator<u32, u16>>},
    {ZYDIS_MNEMONIC_CDQE, accumulator<RAX, extendAccumulator<u64, u32>>},
    {ZYDIS_MNEMONIC_CWD, accumulator<RDX, spreadSign<u16>>},
    {ZYDIS_MNEMONIC_CDQ, accumulator<RDX, spreadSign<u32>>},
    {ZYDIS_MNEMONIC_CQO, accumulator<RDX, spreadSign<u64>>},
    {ZYDIS_MNEMONIC_CMOVO, cmov<CC_O>}, {ZYDIS_MNEMONIC_CMOVNO, cmov<CC_NO>},
    {ZYDIS_MNEMONIC_CMOVB, cmov<CC_B>}, {ZYDIS_MNEMONIC_CMOVNB, cmov<CC_NB>},
    {ZYDIS_MNEMONIC_CMOVZ, cmov<CC_Z>}, {ZYDIS_MNEMONIC_CMOVNZ, cmov<CC_NZ>},
    {ZYDIS_MNEMONIC_CMOVBE, cmov<CC_BE>}, {ZYDIS_MNEMONIC_CMOVNBE, cmov<CC_NBE>},
    {ZYDIS_MNEMONIC_CMOVS, cmov<CC_S>}, {ZYDIS_MNEMONIC_CMOVNS, cmov<CC_NS>},
    {ZYDIS_MNEMONIC_CMOVP, cmov<CC_P>}, {ZYDIS_MNEMONIC_CMOVNP, cmov<CC_NP>},
    {ZYDIS_MNEMONIC_CMOVL, cmov<CC_L>}, {ZYDIS_MNEMONIC_CMOVNL, cmov<CC_NL>},
    {ZYDIS_MNEMONIC_CMOVLE, cmov<CC_LE>}, {ZYDIS_MNEMONIC_CMOVNLE, cmov<CC_NLE>},
};

}  // namespace

Family dataTransfer() { return table; }

}  // namespace cpu
