// The tables of joined instructions' handlers, by kind and by how they are linked (pair_ops.hpp).
#pragma once

#include "cpu/pair_ops.hpp"

#include <array>
#include <utility>

namespace cpu::joined {

// Groups of PUSHes or POPs; [n]: of n, of 64 bits.
constexpr u64 MOST_STACKED = 6;
extern const Handler stackGroups[2][MOST_STACKED + 1];
extern const Handler pushMoves[2];      // a PUSH and a MOV of 32 or 64 bits
void pushAlone(HOT);
void popAlone(HOT);

// The place in alone[] of an instruction that can fault; ALONE: it cannot.
constexpr u16 LOADS = Kind::load_extend_indexed - Kind::load + 1, ALONE = 2 * LOADS + 2;
constexpr u16 numberAlone(Simple one) {
    if (one.kind == Kind::push || one.kind == Kind::pop) return 2 * LOADS + (one.kind == Kind::pop);
    return isLoad(one.kind) ? static_cast<u16>((one.kind - Kind::load) * 2 + one.wide) : ALONE;
}

extern const std::array<Handler, ALONE> alone;

// The tables, each made in a file of its own. Null: there is no such group.
constexpr u64 FIRSTS = Kind::cmp_imm;               // kinds from mov
constexpr u64 SECONDS = Kind::store_indexed;
using PairTable = std::array<Handler, FIRSTS * SECONDS * LINKS>;
constexpr u64 pairIndex(Kind kind, Kind other, Link link) { return ((kind - 1u) * SECONDS + other - 1u) * LINKS + static_cast<u64>(link); }
extern const PairTable narrowPairs, widePairs, narrowWidePairs, wideNarrowPairs, narrowFlagPairs, wideFlagPairs;
// Of one that leaves its flags and an access or other instruction that has none, or an addition from memory, whose flags follow.
extern const PairTable narrowAccesses, wideAccesses, narrowWideAccesses, wideNarrowAccesses;
extern const Handler moves[2][2];        // three or four, 32 or 64 bits
extern const Handler sums[2][2][2];      // 32 or 64 bits, the third rotated or shifted, flags dead or read
constexpr u64 choiceIndex(Kind middle, Kind last, bool quiet) { return (middle == Kind::xor_) * 4u + (last == Kind::or_) * 2u + !quiet; }
extern const std::array<Handler, 8> choices[2];     // 32 or 64 bits
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
                          leaves == Leaves::first ? !setsFlags(other) || isAddLoad(other) :
                                                    !onlyFlags(other);
    if constexpr (!linked || !extends || !begins || !ends) return nullptr;
    else if constexpr (isLoad(other) || isStore(other)) return accessOp<T, kind, U, other, link, leaves>;
    else return pairOp<T, kind, U, other, link, leaves>;
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
