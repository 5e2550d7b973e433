#include "cpu/pairs.hpp"

#include "cpu/pair_ops.hpp"

#include <algorithm>

namespace cpu {

using namespace joined;

namespace {

using Note = BlockDraft::FlagNote;

struct Operands {
    Kind registers = Kind::none, immediate = Kind::none;    // the kind with a register and with an immediate as second operand
};
Operands kindsOf(ZydisMnemonic mnemonic) {
    switch (mnemonic) {
        case ZYDIS_MNEMONIC_MOV: return {Kind::mov, Kind::mov_imm};
        case ZYDIS_MNEMONIC_ADD: return {Kind::add, Kind::add_imm};
        case ZYDIS_MNEMONIC_SUB: return {Kind::sub, Kind::sub_imm};
        case ZYDIS_MNEMONIC_AND: return {Kind::and_, Kind::and_imm};
        case ZYDIS_MNEMONIC_OR: return {Kind::or_, Kind::none};
        case ZYDIS_MNEMONIC_XOR: return {Kind::xor_, Kind::none};
        case ZYDIS_MNEMONIC_MOVSXD: return {Kind::extend, Kind::none};
        case ZYDIS_MNEMONIC_NOT: return {Kind::not_, Kind::none};
        case ZYDIS_MNEMONIC_ROL: return {Kind::none, Kind::rol};
        case ZYDIS_MNEMONIC_ROR: return {Kind::none, Kind::ror};
        case ZYDIS_MNEMONIC_SHL: return {Kind::none, Kind::shl};
        case ZYDIS_MNEMONIC_SHR: return {Kind::none, Kind::shr};
        case ZYDIS_MNEMONIC_SAR: return {Kind::none, Kind::sar};
        case ZYDIS_MNEMONIC_CMP: return {Kind::cmp, Kind::cmp_imm};
        case ZYDIS_MNEMONIC_TEST: return {Kind::test, Kind::none};
        default: return {};
    }
}

// In the order of Condition.
constexpr ZydisMnemonic jumps[] = {
    ZYDIS_MNEMONIC_JO, ZYDIS_MNEMONIC_JNO, ZYDIS_MNEMONIC_JB, ZYDIS_MNEMONIC_JNB, ZYDIS_MNEMONIC_JZ, ZYDIS_MNEMONIC_JNZ,
    ZYDIS_MNEMONIC_JBE, ZYDIS_MNEMONIC_JNBE, ZYDIS_MNEMONIC_JS, ZYDIS_MNEMONIC_JNS, ZYDIS_MNEMONIC_JP, ZYDIS_MNEMONIC_JNP,
    ZYDIS_MNEMONIC_JL, ZYDIS_MNEMONIC_JNL, ZYDIS_MNEMONIC_JLE, ZYDIS_MNEMONIC_JNLE,
};

bool isGeneral(u16 offset) { return offset < offsetof(Registers, gpr) + sizeof(Registers::gpr); }

Kind withMemory(const Form& f) {
    if (f.address == Address::any || f.kind(1) != Operand::mem) return Kind::none;
    const bool indexed = f.address == Address::indexed;
    if (f.insn.mnemonic == ZYDIS_MNEMONIC_LEA) return indexed ? Kind::lea_indexed : Kind::lea;
    if (f.insn.mnemonic == ZYDIS_MNEMONIC_MOV) return indexed ? Kind::load_indexed : Kind::load;
    return Kind::none;
}

// Nobody reads flags of it.
bool isQuiet(const Note& note) { return note.dead || !setsFlags(note.simple.kind); }

bool reads(const Note& note, const Op& op, u16 reg) {
    const Kind kind = note.simple.kind;
    if (isAddress(kind)) return op.base == reg || (isIndexed(kind) && op.index == reg);
    return (readsTarget(kind) && op.dst == reg) || (readsSource(kind) && op.src == reg);
}

Link linkOf(const Op& one, Kind kind, const Op& two) {
    const bool target = two.dst == one.dst && readsTarget(kind);
    const bool source = readsSource(kind) && two.src == one.dst;
    if (target) return source ? Link::none : Link::target;
    return source ? Link::source : Link::none;
}

// One block's neighbours while they are joined.
struct Run {
    std::span<Op> ops;
    std::span<Note> notes;
    u64 taken = 0;              // bit i: op i is in a group; a block has 64 instructions at most

    bool isFree(u64 i, u64 count) const { return i + count <= notes.size() && !(taken >> i & ((u64{1} << count) - 1)); }
    void join(u64 i, u64 count, Handler handler) {
        ops[i].handler = handler;
        if (isLoad(notes[i].simple.kind)) {
            ops[i].segment |= JOINED;
            ops[i].src = loadNumber(notes[i].simple);
        }
        taken |= ((u64{1} << count) - 1) << i;
    }
    void sinkMove(u64 i);
    void joinJump(u64 i);
    void joinTriple(u64 i);
    void joinPair(u64 i, bool linked);
};
static_assert(BLOCK_INSTRUCTIONS <= 64);

// The MOV at i goes to just before the next instruction that touches its target, when that works on it as its first operand.
void Run::sinkMove(u64 i) {
    if (notes[i].simple.kind != Kind::mov) return;
    const u16 target = ops[i].dst, source = ops[i].src;
    for (u64 j = i + 1; j < notes.size(); ++j) {
        const Kind kind = notes[j].simple.kind;
        if (kind == Kind::none || kind == Kind::jump_if || isLoad(kind)) return;
        if (reads(notes[j], ops[j], target) || (ops[j].dst == target && !onlyFlags(kind))) {
            if (linkOf(ops[i], kind, ops[j]) != Link::target) return;
            const auto down = [i, j](auto all) {
                std::rotate(all.begin() + static_cast<i64>(i), all.begin() + static_cast<i64>(i) + 1, all.begin() + static_cast<i64>(j));
            };
            down(ops);
            down(notes);
            return;
        }
        if (ops[j].dst == source && !onlyFlags(kind)) return;
    }
}

void Run::joinJump(u64 i) {
    if (!isFree(i, 2) || notes[i + 1].simple.kind != Kind::jump_if || !leavesFlags(notes[i].simple.kind)) return;
    const Simple one = notes[i].simple;
    if (const Handler handler = (one.wide ? wideJumps : narrowJumps)[jumpIndex(one.kind, notes[i + 1].simple.condition)]) join(i, 2, handler);
}

void Run::joinTriple(u64 i) {
    if (!isFree(i, 3) || notes[i].simple.kind != Kind::mov) return;
    const Simple one = notes[i].simple, two = notes[i + 1].simple, three = notes[i + 2].simple;
    if (two.kind == Kind::none || three.kind == Kind::none || three.kind == Kind::jump_if || two.kind == Kind::jump_if) return;
    if (one.wide != two.wide || one.wide != three.wide || !isQuiet(notes[i + 1])) return;
    if (linkOf(ops[i], two.kind, ops[i + 1]) != Link::target) return;
    const TripleTable& table = isQuiet(notes[i + 2]) ? (one.wide ? wideTriples : narrowTriples) : (one.wide ? wideFlagTriples : narrowFlagTriples);
    const Link link = linkOf(ops[i + 1], three.kind, ops[i + 2]);
    if (const Handler handler = table[tripleIndex(two.kind, three.kind, link)]) join(i, 3, handler);
}

Handler pairOf(const Note& one, const Note& two, Link link) {
    const u64 index = pairIndex(one.simple.kind, two.simple.kind, link);
    const bool wide = one.simple.wide, same = wide == two.simple.wide;
    if (!isQuiet(two)) return !same ? nullptr : (wide ? wideFlagPairs : narrowFlagPairs)[index];
    return (same ? (wide ? widePairs : narrowPairs) : wide ? wideNarrowPairs : narrowWidePairs)[index];
}

void Run::joinPair(u64 i, bool linked) {
    if (!isFree(i, 2) || !isQuiet(notes[i])) return;
    const Kind one = notes[i].simple.kind, two = notes[i + 1].simple.kind;
    if (one == Kind::none || one > FIRSTS || two == Kind::none || two > SECONDS) return;
    const Link link = linkOf(ops[i], two, ops[i + 1]);
    if (linked && link == Link::none) return;
    Handler handler = pairOf(notes[i], notes[i + 1], link);
    if (!handler) handler = pairOf(notes[i], notes[i + 1], Link::none);
    if (handler) join(i, 2, handler);
}

}  // namespace

Simple simpleOf(const Form& f) {
    const bool wide = f.bits() == 64;
    if (const auto* jump = std::find(std::begin(jumps), std::end(jumps), f.insn.mnemonic); jump != std::end(jumps))
        return {Kind::jump_if, false, static_cast<u8>(jump - jumps)};
    if ((!wide && f.bits() != 32) || f.kind(0) != Operand::reg || !isGeneral(f.op.dst)) return {};
    if (const Kind kind = withMemory(f); kind != Kind::none) return {kind, wide};
    const Operands kinds = kindsOf(f.insn.mnemonic);
    if (kinds.registers == Kind::not_) return {Kind::not_, wide};
    if (f.kind(1) == Operand::reg && isGeneral(f.op.src) && kinds.registers != Kind::none) {
        if (kinds.registers == Kind::extend && !wide) return {};
        return {kinds.registers, wide};
    }
    if (f.kind(1) != Operand::imm || (kinds.immediate == Kind::mov_imm && wide)) return {};     // its 64 bits lie elsewhere
    const bool shifts = kinds.immediate >= Kind::rol && kinds.immediate <= Kind::sar;
    return shifts && f.op.imm == 0 ? Simple{} : Simple{kinds.immediate, wide};
}

void joinPairs(std::span<Op> ops, std::span<Note> notes) {
    Run run{ops, notes};
    for (u64 i = notes.size(); i-- > 0;) run.sinkMove(i);
    for (u64 i = 0; i < notes.size(); ++i) run.joinJump(i);
    for (u64 i = 0; i < notes.size(); ++i) run.joinTriple(i);
    for (const bool linked : {true, false})
        for (u64 i = 0; i < notes.size(); ++i) run.joinPair(i, linked);
}

}  // namespace cpu
