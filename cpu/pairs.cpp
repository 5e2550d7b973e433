#include "cpu/pairs.hpp"

#include "cpu/pair_tables.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace cpu {

using namespace joined;

namespace {

using Note = BlockDraft::InstructionNote;

// Nobody reads flags of it.
bool isQuiet(const Note& note) { return note.dead || !setsFlags(note.simple.kind); }

bool reads(const Note& note, const Op& op, u16 reg) {
    const Kind kind = note.simple.kind;
    if (isAddress(kind) && (op.base == reg || (isIndexed(kind) && op.index == reg))) return true;
    return (readsTarget(kind) && op.dst == reg) || (readsSource(kind) && op.src == reg);
}

Link linkOf(const Op& one, Kind kind, const Op& two) {
    if (isLoad(kind) && (two.base == one.dst || (isIndexed(kind) && two.index == one.dst))) return Link::none;      // the address needs it
    const bool target = two.dst == one.dst && readsTarget(kind);
    const bool source = readsSource(kind) && two.src == one.dst;
    if (target) return source ? Link::none : Link::target;
    return source ? Link::source : Link::none;
}

// One block's neighbours while they are joined.
struct Run {
    std::span<Op> ops;
    std::span<Note> notes;

    // The ops from one on that a handler runs.
    struct Group {
        u64 count = 1;
        Handler handler = nullptr;      // null: the op's own, or there is no such group
        int links = 0;                  // results that stay in registers of the host
    };

    Kind kind(u64 i) const { return i < notes.size() ? notes[i].simple.kind : Kind::none; }
    bool writes(u64 i, u16 reg) const { return ops[i].dst == reg && !onlyFlags(kind(i)); }
    bool mayMove(u64 i) const;
    void sink(u64 i);
    Group jumpAt(u64 i) const;
    std::optional<Compared> comparisonAt(u64 i) const;
    Group loopAt(u64 i) const;
    Group tripleAt(u64 i) const;
    Group movesAt(u64 i, u64 count) const;      // three or four
    Group pairAt(u64 i) const;
    Group stackAt(u64 i, u64 count) const;
    bool isTurned(u64 i) const;
    Group sumAt(u64 i) const;
    Group choiceAt(u64 i) const;
    void join(u64 i, const Group& group);
    void joinAll();
};

// It touches nothing but registers.
bool Run::mayMove(u64 i) const {
    return kind(i) && kind(i) <= Kind::lea_indexed && isQuiet(notes[i]);
}

// The instruction at i goes to just before the next one that touches its target, when that works on it: a MOV's copy as its first operand.
void Run::sink(u64 i) {
    if (!mayMove(i)) return;
    const u16 target = ops[i].dst;
    for (u64 j = i + 1; j < notes.size(); ++j) {
        if (kind(j) == Kind::none || kind(j) >= Kind::store || isLoad(kind(j))) return;
        if (reads(notes[j], ops[j], target) || writes(j, target)) {
            const Link link = linkOf(ops[i], kind(j), ops[j]);
            if (link == Link::none || (kind(i) == Kind::mov && link != Link::target)) return;
            const auto down = [i, j](auto all) {
                std::rotate(all.begin() + static_cast<i64>(i), all.begin() + static_cast<i64>(i) + 1, all.begin() + static_cast<i64>(j));
            };
            down(ops);
            down(notes);
            return;
        }
        if (!onlyFlags(kind(j)) && reads(notes[i], ops[i], ops[j].dst)) return;
        if (!isQuiet(notes[j]) && setsFlags(kind(i)) && !notes[i].flagless) return;
    }
}

Run::Group Run::jumpAt(u64 i) const {
    if (kind(i + 1) != Kind::jump_if || !leavesFlags(kind(i))) return {};
    return {2, (notes[i].simple.wide ? wideJumps : narrowJumps)[jumpIndex(kind(i), notes[i + 1].simple.condition)], 2};
}

// How the comparison at i takes the result before it; nothing: not as one operand.
std::optional<Compared> Run::comparisonAt(u64 i) const {
    const u16 result = ops[i - 1].dst;
    const bool target = ops[i].dst == result;
    if (kind(i) == Kind::cmp_imm && target) return Compared::immediate;
    if (kind(i) == Kind::test && target && ops[i].src == result) return Compared::zero;
    if (kind(i) != Kind::cmp || target == (ops[i].src == result)) return {};
    return target ? Compared::first : Compared::second;
}

Run::Group Run::loopAt(u64 i) const {
    if (kind(i + 2) != Kind::jump_if || !isQuiet(notes[i]) || notes[i].simple.wide != notes[i + 1].simple.wide) return {};
    const auto* loop = std::find_if(std::begin(loops), std::end(loops), [&](const Loop& one) { return one.kind == kind(i); });
    const std::optional<Compared> as = comparisonAt(i + 1);
    if (loop == std::end(loops) || !as) return {};
    return {3, (notes[i].simple.wide ? loop->wide : loop->narrow)[loopIndex(*as, notes[i + 2].simple.condition)], 3};
}

Run::Group Run::tripleAt(u64 i) const {
    if (kind(i) != Kind::mov || kind(i + 1) > SECONDS || kind(i + 2) > SECONDS || !kind(i + 1) || !kind(i + 2)) return {};
    const Simple one = notes[i].simple, two = notes[i + 1].simple, three = notes[i + 2].simple;
    if (one.wide != two.wide || one.wide != three.wide || !isQuiet(notes[i + 1])) return {};
    if (linkOf(ops[i], two.kind, ops[i + 1]) != Link::target) return {};
    const TripleTable& table =
        isQuiet(notes[i + 2]) ? (one.wide ? wideTriples : narrowTriples) : (one.wide ? wideFlagTriples : narrowFlagTriples);
    return {3, table[tripleIndex(two.kind, three.kind, linkOf(ops[i + 1], three.kind, ops[i + 2]))], 2};
}

Run::Group Run::movesAt(u64 i, u64 count) const {
    for (u64 at = i; at < i + count; ++at)
        if (kind(at) != Kind::mov || notes[at].simple.wide != notes[i].simple.wide) return {};
    return {count, moves[count == 4][notes[i].simple.wide]};
}

const PairTable& tableOf(Leaves leaves, bool one, bool two) {
    if (leaves == Leaves::first) return one ? (two ? wideAccesses : wideNarrowAccesses) : two ? narrowWideAccesses : narrowAccesses;
    return one ? (two ? widePairs : wideNarrowPairs) : two ? narrowWidePairs : narrowPairs;
}

// Null: these two cannot be joined.
Handler pairOf(const Note& one, const Note& two, Link link) {
    const u64 index = pairIndex(one.simple.kind, two.simple.kind, link);
    const bool wide = one.simple.wide;
    if (!isQuiet(one)) return tableOf(Leaves::first, wide, two.simple.wide)[index];
    if (isQuiet(two)) return tableOf(Leaves::nothing, wide, two.simple.wide)[index];
    return wide != two.simple.wide ? nullptr : (wide ? wideFlagPairs : narrowFlagPairs)[index];
}

Run::Group Run::pairAt(u64 i) const {
    if (!kind(i) || kind(i) > FIRSTS || !kind(i + 1) || kind(i + 1) > SECONDS) return {};
    const Link link = onlyFlags(kind(i)) ? Link::none : linkOf(ops[i], kind(i + 1), ops[i + 1]);
    if (const Handler linked = pairOf(notes[i], notes[i + 1], link)) return {2, linked, link != Link::none};
    return {2, pairOf(notes[i], notes[i + 1], Link::none)};
}

// So many PUSHes or POPs, or a PUSH and a MOV.
Run::Group Run::stackAt(u64 i, u64 count) const {
    constexpr u16 RSP_SLOT = offsetof(Registers, gpr) + 8 * RSP;
    if ((kind(i) != Kind::push && kind(i) != Kind::pop) || ops[i].dst == RSP_SLOT) return {};
    if (count == 2 && kind(i) == Kind::push && kind(i + 1) == Kind::mov) return {2, pushMoves[notes[i + 1].simple.wide]};
    for (u64 at = i + 1; at < i + count; ++at)
        if (kind(at) != kind(i) || ops[at].dst == RSP_SLOT) return {};
    return {count, stackGroups[kind(i) == Kind::pop][count], static_cast<int>(count) - 1};
}

// A copy that is rotated, or shifted to the right, and whose flags nobody reads.
bool Run::isTurned(u64 i) const {
    const Kind turn = kind(i + 1);
    return kind(i) == Kind::mov && (turn == Kind::rol || turn == Kind::ror || turn == Kind::shr) && isQuiet(notes[i + 1]) &&
           ops[i].dst == ops[i + 1].dst && notes[i].simple.wide == notes[i + 1].simple.wide;
}

Run::Group Run::sumAt(u64 i) const {
    if (!isTurned(i) || !isTurned(i + 2) || kind(i + 4) != Kind::xor_ || !isTurned(i + 5) || kind(i + 7) != Kind::xor_) return {};
    const u16 from = ops[i].src, sum = ops[i + 7].dst, part = ops[i + 7].src;
    const u16 one = ops[i].dst, two = ops[i + 2].dst;
    const bool wide = notes[i].simple.wide;
    const auto adds = [&](u64 at) { return ops[at].dst == sum && ops[at].src == part && notes[at].simple.wide == wide; };
    const auto copies = [&](u64 at, u16 to) { return ops[at].dst == to && ops[at].src == from && notes[at].simple.wide == wide; };
    if (sum == part || sum == from || part == from || (one != sum && one != part) || (two != sum && two != part) || one == two) return {};
    if (!copies(i + 2, two) || !adds(i + 4) || !copies(i + 5, part) || !adds(i + 7)) return {};
    if (kind(i + 1) == Kind::shr || kind(i + 3) == Kind::shr || !isQuiet(notes[i + 4])) return {};
    return {8, sums[wide][kind(i + 6) == Kind::shr][!isQuiet(notes[i + 7])], 7};
}

Run::Group Run::choiceAt(u64 i) const {
    constexpr Kind NOT = Kind::not_, XOR = Kind::xor_, OR = Kind::or_, AND = Kind::and_;
    const Kind middle = kind(i + 1), last = kind(i + 5);
    if (kind(i) != Kind::mov || (middle != NOT && middle != XOR) || kind(i + 2) != AND) return {};
    if (kind(i + 3) != Kind::mov || kind(i + 4) != AND || (last != XOR && last != OR)) return {};
    const u16 result = ops[i].dst, other = ops[i + 3].dst;
    const bool wide = notes[i].simple.wide;
    for (u64 at = i; at < i + 5; ++at) {
        const bool apart = (middle == NOT && at == i + 1) || (ops[at].src != result && ops[at].src != other);
        if (!apart || ops[at].dst != (at < i + 3 ? result : other) || notes[at].simple.wide != wide || !isQuiet(notes[at])) return {};
    }
    if (result == other || ops[i + 5].dst != result || ops[i + 5].src != other || notes[i + 5].simple.wide != wide) return {};
    return {CHOICE, choices[wide][choiceIndex(middle, last, isQuiet(notes[i + 5]))], 4};
}

void Run::join(u64 i, const Group& group) {
    if (!group.handler) return;
    ops[i].handler = group.handler;
    if (const u16 number = numberAlone(notes[i].simple); number < ALONE) {
        ops[i].segment |= JOINED;
        ops[i].src = number;
    }
    if (group.count != SUM) return;
    const i32 bits = notes[i].simple.wide ? 64 : 32;
    for (const u64 turn : {i + 1, i + 3, i + 6})        // the handler turns left
        if (kind(turn) == Kind::ror) ops[turn].imm = bits - ops[turn].imm;
    ops[i + 3].imm = (ops[i + 3].imm - ops[i + 1].imm) & (bits - 1);
}

// Of all ways to cut the block into groups the one of the least cost, found from its end.
void Run::joinAll() {
    constexpr int DISPATCH = 8, LINK = 3;
    std::array<int, BLOCK_INSTRUCTIONS + 1> cost;
    std::array<Group, BLOCK_INSTRUCTIONS> best;
    cost[notes.size()] = 0;
    for (u64 i = notes.size(); i-- > 0;) {
        best[i] = {};
        cost[i] = DISPATCH + cost[i + 1];
        const auto propose = [&](const Group& group) {
            if (!group.handler) return;
            const int with = DISPATCH - LINK * group.links + cost[i + group.count];
            if (with <= cost[i]) best[i] = group, cost[i] = with;      // of two ways that cost the same the one that joins early
        };
        if (kind(i) == Kind::push || kind(i) == Kind::pop)
            for (u64 count = 2; count <= MOST_STACKED; ++count) propose(stackAt(i, count));
        else if (kind(i))
            for (const Group& group : {pairAt(i), movesAt(i, 3), movesAt(i, 4), tripleAt(i), jumpAt(i), loopAt(i), sumAt(i), choiceAt(i)}) propose(group);
    }
    for (u64 i = 0; i < notes.size(); i += best[i].count) join(i, best[i]);
}

}  // namespace

void joinPairs(std::span<Op> ops, std::span<Note> notes) {
    Run run{ops, notes};
    for (u64 i = notes.size(); i-- > 0;) run.sink(i);
    run.joinAll();
}

}  // namespace cpu
