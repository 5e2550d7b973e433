#include "cpu/pairs.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace cpu {

namespace {

// How the second instruction uses the first's result.
enum class Link : u8 { none, target, source };      // not at all or both ways | its first operand | its second operand only

// Parallel to Simple::Kind. a is the first operand, b the second.
template <class T, Simple::Kind kind> T combine(T a, T b, const Op* op) {
    const unsigned n = static_cast<unsigned>(op->imm);
    if constexpr (kind == Simple::mov) return b;
    if constexpr (kind == Simple::add) return a + b;
    if constexpr (kind == Simple::sub) return a - b;
    if constexpr (kind == Simple::and_) return a & b;
    if constexpr (kind == Simple::or_) return a | b;
    if constexpr (kind == Simple::xor_) return a ^ b;
    if constexpr (kind == Simple::not_) return ~a;
    if constexpr (kind == Simple::rol) return std::rotl(a, static_cast<int>(n));
    if constexpr (kind == Simple::ror) return std::rotr(a, static_cast<int>(n));
    if constexpr (kind == Simple::shl) return a << n;
    if constexpr (kind == Simple::shr) return a >> n;
}

constexpr bool readsTarget(Simple::Kind kind) { return kind != Simple::mov; }
constexpr bool readsSource(Simple::Kind kind) { return kind <= Simple::xor_; }

template <class T> T get(const Core* core, unsigned offset) { return static_cast<T>(slot(core, offset)); }
template <class T> void set(Core* core, unsigned offset, T value) {     // a 32-bit result clears the upper half (SDM Vol. 1 §3.4.1.1)
    const u64 wide = value;
    std::memcpy(registerBytes(core, offset), &wide, sizeof wide);
}
template <class T, Simple::Kind kind> T run(const Op* op, Core* core) {
    return combine<T, kind>(readsTarget(kind) ? get<T>(core, op->dst) : T{}, readsSource(kind) ? get<T>(core, op->src) : T{}, op);
}

template <class T, Simple::Kind first, Simple::Kind second, Link link> void pairOp(HOT) {
    const T result = run<T, first>(op, core);
    const Op* const other = op + 1;
    if constexpr (link == Link::target) {
        set<T>(core, other->dst, combine<T, second>(result, readsSource(second) ? get<T>(core, other->src) : T{}, other));
    } else {
        set<T>(core, op->dst, result);
        if constexpr (link == Link::source) set<T>(core, other->dst, combine<T, second>(readsTarget(second) ? get<T>(core, other->dst) : T{}, result, other));
        else set<T>(core, other->dst, run<T, second>(other, core));
    }
    GO(op[2].handler, op + 2, core, left, fa, fb, fk);
}

constexpr u64 KINDS = Simple::shr;      // without none
constexpr u64 LINKS = 3;
template <class T, u64... index> constexpr std::array<Handler, sizeof...(index)> pairs(std::index_sequence<index...>) {
    return {pairOp<T, static_cast<Simple::Kind>(index / LINKS / KINDS + 1), static_cast<Simple::Kind>(index / LINKS % KINDS + 1),
                   static_cast<Link>(index % LINKS)>...};
}
constexpr auto all = std::make_index_sequence<KINDS * KINDS * LINKS>();
constexpr std::array narrow = pairs<u32>(all), wide = pairs<u64>(all);

Simple::Kind kindOf(ZydisMnemonic mnemonic) {
    switch (mnemonic) {
        case ZYDIS_MNEMONIC_MOV: return Simple::mov;
        case ZYDIS_MNEMONIC_ADD: return Simple::add;
        case ZYDIS_MNEMONIC_SUB: return Simple::sub;
        case ZYDIS_MNEMONIC_AND: return Simple::and_;
        case ZYDIS_MNEMONIC_OR: return Simple::or_;
        case ZYDIS_MNEMONIC_XOR: return Simple::xor_;
        case ZYDIS_MNEMONIC_NOT: return Simple::not_;
        case ZYDIS_MNEMONIC_ROL: return Simple::rol;
        case ZYDIS_MNEMONIC_ROR: return Simple::ror;
        case ZYDIS_MNEMONIC_SHL: return Simple::shl;
        case ZYDIS_MNEMONIC_SHR: return Simple::shr;
        default: return Simple::none;
    }
}

bool joins(const BlockDraft::FlagNote& note) {
    const Simple::Kind kind = note.simple.kind;
    return kind != Simple::none && (note.dead || kind == Simple::mov || kind == Simple::not_);
}

Link linkOf(const Op& first, Simple second_simple, const Op& second) {
    const bool target = second.dst == first.dst && readsTarget(second_simple.kind);
    const bool source = readsSource(second_simple.kind) && second.src == first.dst;
    if (target) return source ? Link::none : Link::target;
    return source && second.dst != first.dst ? Link::source : Link::none;
}

Handler pairOf(Simple first, Simple second, Link link) {
    if (first.wide != second.wide) return nullptr;
    const u64 index = ((first.kind - 1u) * KINDS + (second.kind - 1u)) * LINKS + static_cast<u64>(link);
    return first.wide ? wide[index] : narrow[index];
}

// The MOV at i goes to just before the next instruction that touches its target, when that works on it as its first operand.
void sinkMove(std::span<Op> ops, std::span<BlockDraft::FlagNote> notes, u64 i, u64 end) {
    if (notes[i].simple.kind != Simple::mov) return;
    const u16 target = ops[i].dst, source = ops[i].src;
    for (u64 j = i + 1; j < end; ++j) {
        const bool reads = readsSource(notes[j].simple.kind) && ops[j].src == target;
        if (ops[j].dst == target || reads) {
            if (linkOf(ops[i], notes[j].simple, ops[j]) != Link::target) return;
            std::rotate(ops.begin() + static_cast<i64>(i), ops.begin() + static_cast<i64>(i) + 1, ops.begin() + static_cast<i64>(j));
            std::rotate(notes.begin() + static_cast<i64>(i), notes.begin() + static_cast<i64>(i) + 1, notes.begin() + static_cast<i64>(j));
            return;
        }
        if (ops[j].dst == source) return;
    }
}

// First those that share a register, then what is left beside each other.
void joinRun(std::span<Op> ops, std::span<const BlockDraft::FlagNote> notes) {
    u64 joined = 0;     // bit i: op i is in a pair; a block has 64 instructions at most
    for (const bool linked : {true, false})
        for (u64 i = 0; i + 1 < ops.size(); ++i) {
            if (joined >> i & 3) continue;
            const Link link = linkOf(ops[i], notes[i + 1].simple, ops[i + 1]);
            const Handler pair = pairOf(notes[i].simple, notes[i + 1].simple, link);
            if (!pair || (linked && link == Link::none)) continue;
            ops[i].handler = pair;
            joined |= u64{3} << i;
        }
}
static_assert(BLOCK_INSTRUCTIONS <= 64);

}  // namespace

Simple simpleOf(const Form& f) {
    const Simple::Kind kind = kindOf(f.insn.mnemonic);
    const auto general = [](u16 offset) { return offset < offsetof(Registers, gpr) + sizeof(Registers::gpr); };
    if (kind == Simple::none || (f.bits() != 32 && f.bits() != 64) || f.kind(0) != Operand::reg || !general(f.op.dst)) return {};
    if (readsSource(kind) && (f.kind(1) != Operand::reg || !general(f.op.src))) return {};
    if (kind >= Simple::rol && (f.kind(1) != Operand::imm || f.op.imm == 0)) return {};
    return {kind, f.bits() == 64};
}

void joinPairs(std::span<Op> ops, std::span<BlockDraft::FlagNote> notes) {
    for (u64 begin = 0; begin < ops.size();) {
        u64 end = begin;
        while (end < ops.size() && joins(notes[end])) ++end;
        if (end - begin > 1) {
            for (u64 i = end - 1; i-- > begin;) sinkMove(ops, notes, i, end);
            joinRun(ops.subspan(begin, end - begin), notes.subspan(begin, end - begin));
        }
        begin = end + 1;
    }
}

}  // namespace cpu
