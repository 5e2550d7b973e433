// Shape templates: each turns a semantic (a pure function on values) into handlers over width, operand form and address form.
#pragma once

#include "cpu/lower.hpp"

namespace cpu {

template <class T> struct Out {
    T value;
    Flags flags;
};

// Calls pick with a value of the unsigned type of that many bits.
template <class Pick> Handler byWidth(unsigned bits, Pick pick) {
    switch (bits) {
        case 8: return pick(u8{});
        case 16: return pick(u16{});
        case 32: return pick(u32{});
        case 64: return pick(u64{});
    }
    return nullptr;
}
template <class Pick> Handler byWideWidth(unsigned bits, Pick pick) { return bits == 8 ? nullptr : byWidth(bits == 8 ? 16 : bits, pick); }

#define WIDTH(value) decltype(value)

enum class CarryIn { ignored, read };       // read: the semantic's Flags are EXPLICIT

// Two operands, the first is also the result.
template <auto semantic, class T, class D, class S, CarryIn carry> void binaryOp(HOT) {
    if constexpr (carry == CarryIn::read) {
        if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    }
    OPEN(target, D, T);
    OPEN(source, S, T);
    const Out<T> out = semantic(target.get(), source.get(), Flags{fa, fb, fk});
    target.set(out.value);
    NEXT_WITH(out.flags.a, out.flags.b, out.flags.kind);
}

// The same without a result: CMP, TEST.
template <auto semantic, class T, class D, class S> void compareOp(HOT) {
    OPEN(target, D, T);
    OPEN(source, S, T);
    const Out<T> out = semantic(target.get(), source.get(), Flags{fa, fb, fk});
    NEXT_WITH(out.flags.a, out.flags.b, out.flags.kind);
}

// One operand that is also the result; carry kept: INC, DEC.
enum class Keeps { nothing, carry };
template <auto semantic, class T, class D, Keeps keeps> void unaryOp(HOT) {
    OPEN(target, D, T);
    if constexpr (keeps == Keeps::carry) {
        if (!keepsCarry(fk)) core->older = {fa, fb, fk};
    }
    const Out<T> out = semantic(target.get(), Flags{fa, fb, fk});
    target.set(out.value);
    NEXT_WITH(out.flags.a, out.flags.b, out.flags.kind);
}

// From a source to a target of another type (or the same), flags kept: moves and extensions.
template <auto semantic, class To, class From, class D, class S> void convertOp(HOT) {
    OPEN(source, S, From);
    OPEN(target, D, To);
    target.set(semantic(source.get()));
    NEXT;
}

// pick<A>() for the address form of the memory operand.
template <class Pick> Handler byAddress(const Form& form, Pick pick) {
    switch (form.address) {
        case Address::based: return pick.template operator()<Address::based>();
        case Address::indexed: return pick.template operator()<Address::indexed>();
        case Address::any: return pick.template operator()<Address::any>();
    }
    return nullptr;
}

template <auto semantic, CarryIn carry = CarryIn::ignored> Handler binary(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        if (f.kind(0) == Operand::mem)
            return byAddress(f, [&]<Address A>() -> Handler {
                if (f.kind(1) == Operand::reg) return binaryOp<semantic, T, Store<A>, Src, carry>;
                return binaryOp<semantic, T, Store<A>, Imm, carry>;
            });
        if (f.kind(1) == Operand::mem)
            return byAddress(f, [&]<Address A>() -> Handler { return binaryOp<semantic, T, Dst, Load<A>, carry>; });
        if (f.kind(1) == Operand::reg) return binaryOp<semantic, T, Dst, Src, carry>;
        return binaryOp<semantic, T, Dst, Imm, carry>;
    });
}

template <auto semantic> Handler compare(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        if (f.kind(0) == Operand::mem)
            return byAddress(f, [&]<Address A>() -> Handler {
                if (f.kind(1) == Operand::reg) return compareOp<semantic, T, Load<A>, Src>;
                return compareOp<semantic, T, Load<A>, Imm>;
            });
        if (f.kind(1) == Operand::mem)
            return byAddress(f, [&]<Address A>() -> Handler { return compareOp<semantic, T, Dst, Load<A>>; });
        if (f.kind(1) == Operand::reg) return compareOp<semantic, T, Dst, Src>;
        return compareOp<semantic, T, Dst, Imm>;
    });
}

template <auto semantic, Keeps keeps = Keeps::nothing> Handler unary(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        using T = WIDTH(t);
        if (f.kind(0) == Operand::mem)
            return byAddress(f, [&]<Address A>() -> Handler { return unaryOp<semantic, T, Store<A>, keeps>; });
        return unaryOp<semantic, T, Dst, keeps>;
    });
}

// The types are the semantic's: register or memory to register.
template <auto semantic, class To, class From> Handler convert(Form& f) {
    if (f.kind(1) == Operand::mem)
        return byAddress(f, [&]<Address A>() -> Handler { return convertOp<semantic, To, From, Dst, Load<A>>; });
    return convertOp<semantic, To, From, Dst, Src>;
}
// Register to memory.
template <auto semantic, class To, class From> Handler convertStore(Form& f) {
    return byAddress(f, [&]<Address A>() -> Handler { return convertOp<semantic, To, From, Store<A>, Src>; });
}

// Does C hold? Flags whose kind no block told are mostly those of a comparison in the block before; others are settled first, by leaving
// the handler.
#define CONDITION(name, C, K, T)                                                                    \
    bool name;                                                                                      \
    if constexpr (K != EXPLICIT) name = holds<C, K, T>(fa, fb);                                     \
    else if (fk == kindOf<u32>(SUB)) name = holds<C, SUB, u32>(fa, fb);                             \
    else if (fk == kindOf<u64>(SUB)) name = holds<C, SUB, u64>(fa, fb);                             \
    else if (fk == EXPLICIT_KIND) name = holds(C, fa);                                              \
    else TAIL(settleFlags)

// pick<K, T>() for the flags that the block is known to hold at a reader of C; else EXPLICIT, which asks when it runs.
template <Condition C, class Pick> Handler byCondition(Form& f, Pick pick) {
    u64 known = f.known;
    constexpr bool resultOnly = (C & ~1) == CC_Z || (C & ~1) == CC_S || (C & ~1) == CC_P;   // INC, DEC: a = result, b = 0
    if (resultOnly && known != UNKNOWN && keepsCarry(known)) known = SUB << 2 | (known & 3);
    switch (known) {
        case kindOf<u8>(SUB): return pick.template operator()<SUB, u8>();
        case kindOf<u16>(SUB): return pick.template operator()<SUB, u16>();
        case kindOf<u32>(SUB): return pick.template operator()<SUB, u32>();
        case kindOf<u64>(SUB): return pick.template operator()<SUB, u64>();
        case kindOf<u8>(ADD): return pick.template operator()<ADD, u8>();
        case kindOf<u32>(ADD): return pick.template operator()<ADD, u32>();
        case kindOf<u64>(ADD): return pick.template operator()<ADD, u64>();
        default: f.leaves = UNKNOWN; return pick.template operator()<EXPLICIT, u64>();
    }
}

// Register or memory, rarely executed: one handler for every address form.
template <class Pick> Handler rareOperand(const Form& f, unsigned i, Pick pick) {
    if (f.kind(i) == Operand::mem) return pick.template operator()<Load<Address::any>>();
    return i == 0 ? pick.template operator()<Dst>() : pick.template operator()<Src>();
}
template <class Pick> Handler rareTarget(const Form& f, Pick pick) {
    if (f.kind(0) == Operand::mem) return pick.template operator()<Store<Address::any>>();
    return pick.template operator()<Dst>();
}

// An instruction that needs no speed: a function on the core, with settled flags in core->rflags, that may use
// core->read and core->write. False: faulted, core->trap is set, nothing changed.
// Flags that it leaves alone stay of the kind they were, as lower() counts on.
template <bool (*action)(Core&, const Op&)> void actionOp(HOT) {
    const u64 status = fk == EXPLICIT_KIND ? fa : statusFlags({fa, fb, fk}, core->older);
    core->rflags = (core->rflags & ~FLAGS_STATUS) | status;
    core->left = left;
    core->onStack = op->segment & STACK;
    const bool done = action(*core, *op);
    core->onStack = false;
    if (!done) TAIL(leaveFault);
    if (const u64 after = core->rflags & FLAGS_STATUS; after != status) {
        fa = after;
        fb = 0;
        fk = EXPLICIT_KIND;
    }
    if (core->stale) TAIL(leaveAfter);
    NEXT;
}
template <bool (*run)(Core&, const Op&)> Handler action(Form&) { return actionOp<run>; }

// The same, but it always ends the block and may set core->trap as a trap (reported behind the instruction).
template <bool (*action)(Core&, const Op&)> void lastActionOp(HOT) {
    if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    core->rflags = (core->rflags & ~FLAGS_STATUS) | fa;
    core->left = left;
    core->onStack = op->segment & STACK;
    const bool done = action(*core, *op);
    core->onStack = false;
    if (!done) TAIL(leaveFault);
    fa = core->rflags & FLAGS_STATUS;
    TAIL(leaveAfter);
}
template <bool (*run)(Core&, const Op&)> Handler lastAction(Form& f) {
    f.ends = true;
    return lastActionOp<run>;
}

template <Handler handler> Handler plain(Form&) { return handler; }         // for handlers written by hand
template <Handler handler> Handler last(Form& f) {
    f.ends = true;
    return handler;
}

}  // namespace cpu
