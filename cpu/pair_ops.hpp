// The handlers of joined instructions (pairs.hpp). A result stays in a register of the host where the next one works on it.
#pragma once

#include "cpu/operands.hpp"
#include "cpu/pairs.hpp"

#include <array>
#include <bit>
#include <utility>

namespace cpu::joined {

using Kind = Simple::Kind;

// How an instruction uses the result of the one before.
enum class Link : u8 { none, target, source };      // not at all or both ways | its first operand | its second operand only
constexpr u64 LINKS = 3;

constexpr bool isAddLoad(Kind kind) { return kind == Kind::add_load || kind == Kind::add_load_indexed; }
constexpr bool isLoad(Kind kind) { return kind == Kind::load || kind == Kind::load_indexed || isAddLoad(kind); }
constexpr bool isStore(Kind kind) { return kind == Kind::store || kind == Kind::store_indexed; }
constexpr bool isAddress(Kind kind) { return (kind >= Kind::lea && kind <= Kind::add_load_indexed) || isStore(kind); }
constexpr bool isIndexed(Kind kind) {
    return kind == Kind::lea_indexed || kind == Kind::load_indexed || kind == Kind::add_load_indexed || kind == Kind::store_indexed;
}
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
    if constexpr (kind == Kind::mov || kind == Kind::mov_imm || kind == Kind::load || kind == Kind::load_indexed) return b;
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

template <class T, Kind kind, class U, Kind other, Link link, Leaves leaves> void pairOp(HOT) {
    T loaded{};
    if constexpr (isLoad(kind)) {
        OPENED(bytes, openLoad<T>(core, effectiveAddress<addressOf<kind>>(op, core)), refillLoad<sizeof(T)>);
        loaded = bytes.get();
    }
    const Step<T, kind> one(first<T, kind>(op, core), isLoad(kind) ? loaded : second<T, kind>(op, core), op, core);
    if constexpr (link != Link::target || onlyFlags(other)) one.write(core, op);
    const Op* const next = op + 1;
    if constexpr (isLoad(other) || isStore(other)) {
        bool done = false;
        {
            const auto bytes = isLoad(other) ? openLoad<U>(core, effectiveAddress<addressOf<other>>(next, core))
                                             : openStore<U>(core, effectiveAddress<addressOf<other>>(next, core));
            if (bytes.hit) {
                if constexpr (isLoad(other)) set<U>(core, next->dst, bytes.get());
                else bytes.set(link == Link::source ? static_cast<U>(one.result) : get<U>(core, next->src));
                done = true;
            }
        }
        if (!done) PAIR_DONE(one, next)
        PAIR_DONE(one, op + 2)
    } else {
        const Step<U, other> two = Step<U, other>::after(link, one.result, next, core);
        two.write(core, next);
        if constexpr (leaves == Leaves::first) PAIR_DONE(one, op + 2)
        else PAIR_DONE(two, op + 2)
    }
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
    T loaded{};
    if constexpr (isLoad(kind)) {
        OPENED(bytes, openLoad<T>(core, effectiveAddress<addressOf<kind>>(op, core)), refillLoad<sizeof(T)>);
        loaded = bytes.get();
    }
    const Step<T, kind> one(first<T, kind>(op, core), isLoad(kind) ? loaded : second<T, kind>(op, core), op, core);
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
    const T part = turn == Kind::shr ? from >> op[6].imm : std::rotl(from, op[6].imm);
    const Step<T, Kind::xor_> sum(std::rotl(from, op[1].imm) ^ std::rotl(from, op[3].imm), part, op + 7, core);
    set<T>(core, op[6].dst, part);
    sum.write(core, op + 7);
    PAIR_DONE(sum, op + SUM)
}

template <class T, Kind kind> void loadAlone(HOT) {
    OPENED(bytes, openLoad<T>(core, effectiveAddress<addressOf<kind>>(op, core)), refillLoad<sizeof(T)>);
    const Step<T, kind> one(first<T, kind>(op, core), bytes.get(), op, core);
    one.write(core, op);
    if constexpr (setsFlags(kind)) NEXT_WITH(one.flagA(), one.flagB(), one.flagKind);
    else NEXT;
}

// Groups of PUSHes or POPs; [n]: of n, of 64 bits.
constexpr u64 MOST_STACKED = 6;
extern const Handler stackGroups[2][MOST_STACKED + 1];
extern const Handler pushMoves[2];      // a PUSH and a MOV of 32 or 64 bits
void pushAlone(HOT);
void popAlone(HOT);

// The place in alone[] of an instruction that can fault; ALONE: it cannot.
constexpr u16 ALONE = 10;
constexpr u16 numberAlone(Simple one) {
    if (one.kind == Kind::push || one.kind == Kind::pop) return 8 + (one.kind == Kind::pop);
    return isLoad(one.kind) ? static_cast<u16>((one.kind - Kind::load) * 2 + one.wide) : ALONE;
}

// The tables, each made in a file of its own. Null: there is no such group.
constexpr u64 FIRSTS = Kind::cmp_imm;               // kinds from mov
constexpr u64 SECONDS = Kind::store_indexed;
using PairTable = std::array<Handler, FIRSTS * SECONDS * LINKS>;
constexpr u64 pairIndex(Kind kind, Kind other, Link link) { return ((kind - 1u) * SECONDS + other - 1u) * LINKS + static_cast<u64>(link); }
extern const PairTable narrowPairs, widePairs, narrowWidePairs, wideNarrowPairs, narrowFlagPairs, wideFlagPairs;
// Of one that leaves its flags and one that has none.
extern const PairTable narrowAccesses, wideAccesses, narrowWideAccesses, wideNarrowAccesses;
extern const Handler moves[2][2];        // three or four, 32 or 64 bits
extern const Handler sums[2][2][2];      // 32 or 64 bits, the third rotated or shifted, flags dead or read
constexpr u64 CONDITIONS = 16;
using LoopTable = std::array<Handler, COMPARISONS * CONDITIONS>;
constexpr u64 loopIndex(Compared as, u64 condition) { return static_cast<u64>(as) * CONDITIONS + condition; }
struct Loop {
    Kind kind;
    LoopTable narrow, wide;
};
extern const Loop loops[5];

using JumpTable = std::array<Handler, SECONDS * CONDITIONS>;
constexpr u64 jumpIndex(Kind kind, u64 condition) { return (kind - 1u) * CONDITIONS + condition; }
extern const JumpTable narrowJumps, wideJumps;

template <class T, Kind kind> constexpr LoopTable loopTable() {
    return []<u64... at>(std::index_sequence<at...>) {
        return LoopTable{loopOp<T, kind, static_cast<Compared>(at / CONDITIONS), static_cast<Condition>(at % CONDITIONS)>...};
    }(std::make_index_sequence<COMPARISONS * CONDITIONS>());
}
template <Kind kind> constexpr Loop loopOf() { return {kind, loopTable<u32, kind>(), loopTable<u64, kind>()}; }

using TripleTable = std::array<Handler, SECONDS * SECONDS * LINKS>;
constexpr u64 tripleIndex(Kind middle, Kind last, Link link) {
    return ((middle - 1u) * SECONDS + last - 1u) * LINKS + static_cast<u64>(link);
}
extern const TripleTable narrowTriples, wideTriples, narrowFlagTriples, wideFlagTriples;

template <class T, class U, Leaves leaves, u64 index> constexpr Handler pairAt() {
    constexpr Kind kind = static_cast<Kind>(index / LINKS / SECONDS + 1), other = static_cast<Kind>(index / LINKS % SECONDS + 1);
    constexpr Link link = static_cast<Link>(index % LINKS);
    constexpr bool mixed = !std::is_same_v<T, U>;
    constexpr bool linked = link == Link::none ||
                            (link == Link::target ? readsTarget(other) && !mixed : readsSource(other) && (!mixed || other == Kind::extend));
    constexpr bool extends = (kind != Kind::extend || sizeof(T) == 8) && (other != Kind::extend || sizeof(U) == 8);
    constexpr bool begins = leaves == Leaves::first ? leavesFlags(kind) && !isAddLoad(kind) : !onlyFlags(kind);
    constexpr bool ends = leaves == Leaves::last  ? leavesFlags(other) :
                          leaves == Leaves::first ? !setsFlags(other) :
                                                    !onlyFlags(other);
    if constexpr (linked && extends && begins && ends && !isAddLoad(other)) return pairOp<T, kind, U, other, link, leaves>;
    return nullptr;
}
template <class T, class U, Leaves leaves> constexpr PairTable pairTable() {
    return []<u64... index>(std::index_sequence<index...>) {
        return PairTable{pairAt<T, U, leaves, index>()...};
    }(std::make_index_sequence<FIRSTS * SECONDS * LINKS>());
}

template <class T, u64 index> constexpr Handler jumpAt() {
    constexpr Kind kind = static_cast<Kind>(index / CONDITIONS + 1);
    if constexpr (leavesFlags(kind) && !isAddLoad(kind)) return jumpOp<T, kind, static_cast<Condition>(index % CONDITIONS)>;
    return nullptr;
}
template <class T> constexpr JumpTable jumpTable() {
    return []<u64... index>(std::index_sequence<index...>) {
        return JumpTable{jumpAt<T, index>()...};
    }(std::make_index_sequence<SECONDS * CONDITIONS>());
}

template <class T, Leaves leaves, u64 index> constexpr Handler tripleAt() {
    constexpr Kind middle = static_cast<Kind>(index / LINKS / SECONDS + 1), last = static_cast<Kind>(index / LINKS % SECONDS + 1);
    constexpr Link link = static_cast<Link>(index % LINKS);
    constexpr bool works = readsTarget(middle) && !onlyFlags(middle) && !isAddLoad(middle);
    if constexpr (works && last >= Kind::add && last <= Kind::xor_ && link != Link::none) return tripleOp<T, middle, last, link, leaves>;
    return nullptr;
}
template <class T, Leaves leaves> constexpr TripleTable tripleTable() {
    return []<u64... index>(std::index_sequence<index...>) {
        return TripleTable{tripleAt<T, leaves, index>()...};
    }(std::make_index_sequence<SECONDS * SECONDS * LINKS>());
}

}  // namespace cpu::joined
