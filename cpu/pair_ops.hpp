// The handlers of joined instructions (pairs.hpp). A result stays in a register of the host where the next one works on it.
#pragma once

#include "cpu/operands.hpp"
#include "cpu/pairs.hpp"

#include <bit>

namespace cpu::joined {

using Kind = Simple::Kind;

// How an instruction uses the result of the one before.
enum class Link : u8 { none, target, source };      // not at all or both ways | its first operand | its second operand only
constexpr u64 LINKS = 3;

constexpr bool isAddLoad(Kind kind) { return kind == Kind::add_load || kind == Kind::add_load_indexed; }
constexpr bool isLoad(Kind kind) { return kind >= Kind::load && kind <= Kind::load_extend_indexed; }
constexpr bool isStore(Kind kind) { return kind == Kind::store || kind == Kind::store_indexed; }
constexpr bool isAddress(Kind kind) { return (kind >= Kind::lea && kind <= Kind::load_extend_indexed) || isStore(kind); }
constexpr bool isIndexed(Kind kind) { return isAddress(kind) && (kind - (isStore(kind) ? Kind::store : Kind::lea)) % 2 == 1; }
constexpr bool onlyFlags(Kind kind) { return kind >= Kind::cmp && kind <= Kind::cmp_imm; }
constexpr bool readsSource(Kind kind) {
    return (kind >= Kind::mov && kind <= Kind::extend) || kind == Kind::cmp || kind == Kind::test || isStore(kind);
}
constexpr bool readsTarget(Kind kind) {
    return (kind >= Kind::add && kind <= Kind::xor_) || (kind >= Kind::add_imm && kind <= Kind::sar) || isAddLoad(kind) || onlyFlags(kind);
}
constexpr bool setsFlags(Kind kind) {
    return (kind >= Kind::add && kind <= Kind::xor_) || (kind >= Kind::add_imm && kind <= Kind::and_imm) || (kind >= Kind::rol && kind <= Kind::sar) ||
           isAddLoad(kind) || onlyFlags(kind);
}
// Its flags are those of an addition, a subtraction or a logical result: a pair can leave them.
constexpr bool leavesFlags(Kind kind) { return setsFlags(kind) && !(kind >= Kind::rol && kind <= Kind::sar); }
constexpr bool subtracts(Kind kind) { return kind == Kind::sub || kind == Kind::sub_imm || kind == Kind::cmp || kind == Kind::cmp_imm; }
constexpr bool adds(Kind kind) { return kind == Kind::add || kind == Kind::add_imm || isAddLoad(kind); }

template <class T> T get(const Core* core, unsigned offset) { return static_cast<T>(slot(core, offset)); }
template <class T> void set(Core* core, unsigned offset, T value) {     // a 32-bit result clears the upper half (SDM Vol. 1 §3.4.1.1)
    const u64 wide = value;
    std::memcpy(registerBytes(core, offset), &wide, sizeof wide);
}
template <Kind kind> constexpr Address addressOf = isIndexed(kind) ? Address::indexed : Address::based;

// a is the first operand, b the second or, of a load, what it loaded.
template <class T, Kind kind> T combine(T a, T b, const Op* op, const Core* core) {
    if constexpr (kind == Kind::mov || kind == Kind::mov_imm || (isLoad(kind) && !isAddLoad(kind))) return b;
    if constexpr (kind == Kind::extend) return static_cast<T>(i64{static_cast<i32>(b)});
    if constexpr (adds(kind)) return a + b;
    if constexpr (subtracts(kind)) return a - b;
    if constexpr (kind == Kind::and_ || kind == Kind::and_imm || kind == Kind::test) return a & b;
    if constexpr (kind == Kind::or_) return a | b;
    if constexpr (kind == Kind::xor_) return a ^ b;
    if constexpr (kind == Kind::not_) return ~a;
    if constexpr (kind == Kind::rol) return std::rotl(a, op->imm);
    if constexpr (kind == Kind::ror) return std::rotr(a, op->imm);
    if constexpr (kind == Kind::shl) return a << op->imm;
    if constexpr (kind == Kind::shr) return a >> op->imm;
    if constexpr (kind == Kind::sar) return static_cast<T>(static_cast<std::make_signed_t<T>>(a) >> op->imm);
    if constexpr (kind == Kind::lea || kind == Kind::lea_indexed) return static_cast<T>(effectiveOffset<addressOf<kind>>(op, core));
}
template <class T, Kind kind> T first(const Op* op, const Core* core) {
    if constexpr (readsTarget(kind)) return get<T>(core, op->dst);
    return T{};
}
template <class T, Kind kind> T second(const Op* op, const Core* core) {
    if constexpr (readsSource(kind)) return get<T>(core, op->src);
    return static_cast<T>(op->imm);
}
// What a load takes from memory, and what of it is its second operand.
template <class T, Kind kind>
using Loaded = std::conditional_t<kind == Kind::load_byte || kind == Kind::load_byte_indexed, u8,
               std::conditional_t<kind == Kind::load_word || kind == Kind::load_word_indexed, u16,
               std::conditional_t<kind == Kind::load_extend || kind == Kind::load_extend_indexed, u32, T>>>;
template <class T, Kind kind> T widened(Loaded<T, kind> value) {
    if constexpr (kind == Kind::load_extend || kind == Kind::load_extend_indexed) return static_cast<T>(i64{static_cast<i32>(value)});
    return value;
}

// One instruction of a joined group, with its operands.
template <class T, Kind kind> struct Step {
    T a, b, result;
    Step(T a_, T b_, const Op* op, const Core* core) : a(a_), b(b_), result(combine<T, kind>(a_, b_, op, core)) {}
    template <class B> static Step after(Link link, B before, const Op* op, const Core* core) {
        if (link == Link::target) return {static_cast<T>(before), second<T, kind>(op, core), op, core};
        if (link == Link::source) return {first<T, kind>(op, core), static_cast<T>(before), op, core};
        return {first<T, kind>(op, core), second<T, kind>(op, core), op, core};
    }
    void write(Core* core, const Op* op) const {
        if constexpr (!onlyFlags(kind)) set<T>(core, op->dst, result);
    }
    static constexpr bool logical = leavesFlags(kind) && !adds(kind) && !subtracts(kind);
    u64 flagA() const { return logical ? result : a; }
    u64 flagB() const { return logical ? T{0} : b; }
    static constexpr u64 flagKind = kindOf<T>(adds(kind) ? ADD : SUB);
};

// Whose flags are left.
enum class Leaves { nothing, last, first };
#define PAIR_DONE(flags_, next_)                                                                                                         \
    {                                                                                                                                    \
        if constexpr (leaves != Leaves::nothing) GO((next_)->handler, next_, core, left, (flags_).flagA(), (flags_).flagB(), (flags_).flagKind); \
        else GO((next_)->handler, next_, core, left, fa, fb, fk);                                                                        \
    }

// The first one of a group, with what it loads.
#define FIRST_STEP(one)                                                                                                    \
    T loaded{};                                                                                                            \
    if constexpr (isLoad(kind)) {                                                                                          \
        using L = Loaded<T, kind>;                                                                                         \
        OPENED(bytes, openLoad<L>(core, effectiveAddress<addressOf<kind>>(op, core)), refillLoad<sizeof(L)>);              \
        loaded = widened<T, kind>(bytes.get());                                                                            \
    }                                                                                                                      \
    const Step<T, kind> one(first<T, kind>(op, core), isLoad(kind) ? loaded : second<T, kind>(op, core), op, core);

template <class T, Kind kind, class U, Kind other, Link link, Leaves leaves> void pairOp(HOT) {
    FIRST_STEP(one)
    if constexpr (link != Link::target || onlyFlags(other)) one.write(core, op);
    const Step<U, other> two = Step<U, other>::after(link, one.result, op + 1, core);
    two.write(core, op + 1);
    if constexpr (leaves == Leaves::first) PAIR_DONE(one, op + 2)
    else PAIR_DONE(two, op + 2)
}

// The second one loads or stores; where the TLB does not know its page, it runs alone.
template <class T, Kind kind, class U, Kind other, Link link, Leaves leaves> void accessOp(HOT) {
    FIRST_STEP(one)
    if constexpr (link != Link::target) one.write(core, op);
    const Op* const next = op + 1;
    U found{};
    bool done = false;
    {
        using L = Loaded<U, other>;
        const u64 address = effectiveAddress<addressOf<other>>(next, core);
        const auto bytes = isLoad(other) ? openLoad<L>(core, address) : openStore<L>(core, address);
        if (bytes.hit) {
            if constexpr (isLoad(other)) found = widened<U, other>(bytes.get());
            else bytes.set(link == Link::source ? static_cast<U>(one.result) : get<U>(core, next->src));
            done = true;
        }
    }
    if (!done) {
        if constexpr (link == Link::target) one.write(core, op);
        if constexpr (leaves == Leaves::first) PAIR_DONE(one, next)
        else GO(next->handler, next, core, left, fa, fb, fk);
    }
    if constexpr (isLoad(other)) {
        const Step<U, other> two(link == Link::target ? static_cast<U>(one.result) : first<U, other>(next, core), found, next, core);
        two.write(core, next);
        if constexpr (isAddLoad(other)) PAIR_DONE(two, op + 2)
    }
    PAIR_DONE(one, op + 2)
}

template <class T, u64 count> void movesOp(HOT) {
    set<T>(core, op[0].dst, get<T>(core, op[0].src));
    set<T>(core, op[1].dst, get<T>(core, op[1].src));
    set<T>(core, op[2].dst, get<T>(core, op[2].src));
    if constexpr (count == 4) set<T>(core, op[3].dst, get<T>(core, op[3].src));
    GO(op[count].handler, op + count, core, left, fa, fb, fk);
}

// A MOV, an instruction that works on the copy, and a third that takes the result.
template <class T, Kind middle, Kind last, Link link, Leaves leaves> void tripleOp(HOT) {
    const auto one = Step<T, middle>::after(Link::target, get<T>(core, op->src), op + 1, core);
    if constexpr (link != Link::target) one.write(core, op);
    const auto two = Step<T, last>::after(link, one.result, op + 2, core);
    two.write(core, op + 2);
    PAIR_DONE(two, op + 3)
}

// A comparison or the like and the jump that it decides.
template <class T, Kind kind, Condition C> void jumpOp(HOT) {
    const Step<T, kind> one(first<T, kind>(op, core), second<T, kind>(op, core), op, core);
    one.write(core, op);
    constexpr FlagKind flags = adds(kind) ? ADD : SUB;
    const u64 a = one.flagA(), b = one.flagB();
    if (!holds<C, flags, T>(a, b)) GO(op[2].handler, op + 2, core, left, a, b, (Step<T, kind>::flagKind));
    left -= op[1].done;
    if (left < 0) GO(leaveAtBranch, op + 1, core, left, a, b, (Step<T, kind>::flagKind));
    op = op[1].target;
    GO(op->handler, op, core, left, a, b, (Step<T, kind>::flagKind));
}

// How an instruction's result is compared before a jump: CMP's first operand or its second, with an immediate, or TEST with itself.
enum class Compared : u8 { first, second, immediate, zero };
constexpr u64 COMPARISONS = 4;

// A counter or a load, a comparison of its result, and the jump that it decides.
template <class T, Kind kind, Compared as, Condition C> void loopOp(HOT) {
    FIRST_STEP(one)
    one.write(core, op);
    T a = one.result, b{};
    if constexpr (as == Compared::first) b = get<T>(core, op[1].src);
    if constexpr (as == Compared::second) b = a, a = get<T>(core, op[1].dst);
    if constexpr (as == Compared::immediate) b = static_cast<T>(op[1].imm);
    if (!holds<C, SUB, T>(a, b)) GO(op[3].handler, op + 3, core, left, a, b, kindOf<T>(SUB));
    left -= op[2].done;
    if (left < 0) GO(leaveAtBranch, op + 2, core, left, a, b, kindOf<T>(SUB));
    op = op[2].target;
    GO(op->handler, op, core, left, a, b, kindOf<T>(SUB));
}

// Three copies of one register, turned to the left, the third perhaps shifted to the right, in one sum without carries: what most
// hash functions live on. MOV, turn, MOV, turn, XOR, MOV, turn, XOR.
constexpr u64 SUM = 8;
template <class T, Kind turn, Leaves leaves> void sumOp(HOT) {
    const T from = get<T>(core, op->src);
    const T two = std::rotl(static_cast<T>(std::rotl(from, op[3].imm) ^ from), op[1].imm);      // op[3] has what it turns further
    const T three = turn == Kind::shr ? from >> op[6].imm : std::rotl(from, op[6].imm);
    set<T>(core, op[6].dst, three);
    const Step<T, Kind::xor_> sum(two, three, op + 7, core);
    sum.write(core, op + 7);
    PAIR_DONE(sum, op + SUM)
}

// Bits chosen from two registers by a third, the other work of hash functions: MOV, NOT or XOR, AND, MOV, AND, XOR or OR.
constexpr u64 CHOICE = 6;
template <class T, Kind middle, Kind last, Leaves leaves> void choiceOp(HOT) {
    const auto one = Step<T, middle>::after(Link::target, get<T>(core, op->src), op + 1, core);
    const auto two = Step<T, Kind::and_>::after(Link::target, one.result, op + 2, core);
    const auto three = Step<T, Kind::and_>::after(Link::target, get<T>(core, op[3].src), op + 4, core);
    three.write(core, op + 4);
    const Step<T, last> all(two.result, three.result, op + 5, core);
    all.write(core, op + 5);
    PAIR_DONE(all, op + CHOICE)
}

template <class T, Kind kind> void loadAlone(HOT) {
    FIRST_STEP(one)
    one.write(core, op);
    if constexpr (setsFlags(kind)) NEXT_WITH(one.flagA(), one.flagB(), one.flagKind);
    else NEXT;
}

}  // namespace cpu::joined
