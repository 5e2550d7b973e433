#include "cpu/pairs.hpp"

#include "cpu/pair_ops.hpp"

#include <algorithm>

namespace cpu {

using namespace joined;

namespace {

using Note = BlockDraft::InstructionNote;

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
    const bool indexed = f.address == Address::indexed;
    if (f.address == Address::any) return Kind::none;
    if (f.kind(0) == Operand::mem)
        return f.insn.mnemonic != ZYDIS_MNEMONIC_MOV || !isGeneral(f.op.src) || f.kind(1) != Operand::reg ? Kind::none :
               indexed                                                                                    ? Kind::store_indexed :
                                                                                                            Kind::store;
    if (f.kind(1) != Operand::mem) return Kind::none;
    if (f.insn.mnemonic == ZYDIS_MNEMONIC_ADD) return indexed ? Kind::add_load_indexed : Kind::add_load;
    if (f.insn.mnemonic == ZYDIS_MNEMONIC_LEA) return indexed ? Kind::lea_indexed : Kind::lea;
    if (f.insn.mnemonic == ZYDIS_MNEMONIC_MOV) return indexed ? Kind::load_indexed : Kind::load;
    return Kind::none;
}

// Nobody reads flags of it.
bool isQuiet(const Note& note) { return note.dead || !setsFlags(note.simple.kind); }

bool reads(const Note& note, const Op& op, u16 reg) {
    const Kind kind = note.simple.kind;
    if (isAddress(kind) && (op.base == reg || (isIndexed(kind) && op.index == reg))) return true;
    return (readsTarget(kind) && op.dst == reg) || (readsSource(kind) && op.src == reg);
}

Link linkOf(const Op& one, Kind kind, const Op& two) {
    const bool target = two.dst == one.dst && readsTarget(kind);
    const bool source = readsSource(kind) && two.src == one.dst;
    if (target) return source ? Link::none : Link::target;
    return source ? Link::source : Link::none;
}
Link linkOf(const Op& one, Kind first, Kind kind, const Op& two) { return onlyFlags(first) ? Link::none : linkOf(one, kind, two); }

// One block's neighbours while they are joined.
struct Run {
    std::span<Op> ops;
    std::span<Note> notes;

    u64 join(u64 i, u64 count, Handler handler) {
        ops[i].handler = handler;
        if (isLoad(notes[i].simple.kind)) {
            ops[i].segment |= JOINED;
            ops[i].src = loadNumber(notes[i].simple);
        }
        return count;
    }
    Kind kind(u64 i) const { return i < notes.size() ? notes[i].simple.kind : Kind::none; }
    void sinkMove(u64 i);
    // How many ops from i on are joined; 0: none.
    u64 joinJump(u64 i);
    u64 joinTriple(u64 i);
    u64 joinMoves(u64 i);
    u64 joinPair(u64 i, bool linked);
    bool isLinked(u64 i) const;
    u64 joinAt(u64 i);
};

// The MOV at i goes to just before the next instruction that touches its target, when that works on it as its first operand.
void Run::sinkMove(u64 i) {
    if (notes[i].simple.kind != Kind::mov) return;
    const u16 target = ops[i].dst, source = ops[i].src;
    for (u64 j = i + 1; j < notes.size(); ++j) {
        const Kind kind = notes[j].simple.kind;
        if (kind == Kind::none || kind == Kind::jump_if || isLoad(kind) || isStore(kind)) return;
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

u64 Run::joinJump(u64 i) {
    if (kind(i + 1) != Kind::jump_if || !leavesFlags(kind(i))) return 0;
    const Handler handler = (notes[i].simple.wide ? wideJumps : narrowJumps)[jumpIndex(kind(i), notes[i + 1].simple.condition)];
    return handler ? join(i, 2, handler) : 0;
}

u64 Run::joinTriple(u64 i) {
    if (kind(i) != Kind::mov || kind(i + 1) > SECONDS || kind(i + 2) > SECONDS || !kind(i + 1) || !kind(i + 2)) return 0;
    const Simple one = notes[i].simple, two = notes[i + 1].simple, three = notes[i + 2].simple;
    if (one.wide != two.wide || one.wide != three.wide || !isQuiet(notes[i + 1])) return 0;
    if (linkOf(ops[i], two.kind, ops[i + 1]) != Link::target) return 0;
    const TripleTable& table =
        isQuiet(notes[i + 2]) ? (one.wide ? wideTriples : narrowTriples) : (one.wide ? wideFlagTriples : narrowFlagTriples);
    const Handler handler = table[tripleIndex(two.kind, three.kind, linkOf(ops[i + 1], three.kind, ops[i + 2]))];
    return handler ? join(i, 3, handler) : 0;
}

u64 Run::joinMoves(u64 i) {
    const auto isMove = [&](u64 at) { return kind(at) == Kind::mov && notes[at].simple.wide == notes[i].simple.wide && !isLinked(at); };
    if (!isMove(i) || !isMove(i + 1) || !isMove(i + 2)) return 0;
    const bool four = isMove(i + 3);
    return join(i, 3 + four, moves[four][notes[i].simple.wide]);
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

bool Run::isLinked(u64 i) const {
    return kind(i) && kind(i + 1) && kind(i + 1) <= SECONDS && linkOf(ops[i], kind(i), kind(i + 1), ops[i + 1]) != Link::none;
}

u64 Run::joinPair(u64 i, bool linked) {
    if (!kind(i) || kind(i) > FIRSTS || !kind(i + 1) || kind(i + 1) > SECONDS) return 0;
    const Link link = linkOf(ops[i], kind(i), kind(i + 1), ops[i + 1]);
    if (linked && link == Link::none) return 0;
    Handler handler = pairOf(notes[i], notes[i + 1], link);
    if (!handler) handler = pairOf(notes[i], notes[i + 1], Link::none);
    return handler ? join(i, 2, handler) : 0;
}

// One op rather stays alone than that the next two, which share a register or decide a jump, are torn apart.
u64 Run::joinAt(u64 i) {
    if (const u64 count = joinJump(i)) return count;
    if (const u64 count = joinTriple(i)) return count;
    if (const u64 count = joinPair(i, true)) return count;
    if (const u64 count = joinMoves(i)) return count;
    if (isLinked(i + 1) || (kind(i + 2) == Kind::jump_if && leavesFlags(kind(i + 1)))) return 0;
    return joinPair(i, false);
}

}  // namespace

Simple simpleOf(const Form& f) {
    const bool wide = f.bits() == 64;
    if (f.insn.meta.category == ZYDIS_CATEGORY_COND_BR) {
        const auto* jump = std::find(std::begin(jumps), std::end(jumps), f.insn.mnemonic);
        return jump == std::end(jumps) ? Simple{} : Simple{Kind::jump_if, false, static_cast<u8>(jump - jumps)};
    }
    if ((!wide && f.bits() != 32) || (f.kind(0) == Operand::reg && !isGeneral(f.op.dst))) return {};
    if (const Kind kind = withMemory(f); kind != Kind::none) return {kind, wide};
    if (f.kind(0) != Operand::reg) return {};
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
    for (u64 i = 0; i < notes.size();) i += notes[i].simple.kind ? std::max<u64>(run.joinAt(i), 1) : 1;
}

}  // namespace cpu
