#include "cpu/vector_links.hpp"

#include <algorithm>

namespace cpu {

namespace {

constexpr u64 WINDOW = 16;      // instructions; a reader further away finds the result in memory in time

// How op reads the vector register at that offset, if its links can take it.
Take takeOf(const Op& op, const VectorLinks& links, u16 reg) {
    const bool first = op.src == reg, second = static_cast<u32>(op.imm) >> 16 == reg;
    const Take two = links.takes[static_cast<u8>(Take::first)] ? Take::first : Take::second;     // VEX with two operands: src is the second
    Take take = first && second ? Take::both : first ? two : second ? Take::second : Take::nothing;
    if (links.takes[static_cast<u8>(Take::target)] && op.dst == reg) take = Take::target;
    return links.takes[static_cast<u8>(take)] ? take : Take::nothing;
}

struct Reader {
    u64 at = 0;                 // 0: none
    Take take = Take::nothing;
};
// The next instruction that can take what the one at `i` gives.
Reader readerOf(std::span<const Op> ops, std::span<const BlockDraft::FlagNote> notes, u64 i) {
    for (u64 j = i + 1; j < std::min<u64>(notes.size(), i + WINDOW); ++j) {
        if (notes[j].links) {
            if (const Take take = takeOf(ops[j], *notes[j].links, ops[i].dst); take != Take::nothing) return {j, take};
        }
        if (notes[j].vector == VectorEffect::unknown || (notes[j].vector == VectorEffect::target && ops[j].dst == ops[i].dst)) break;
    }
    return {};
}

}  // namespace

VectorEffect vectorEffectOf(const Decoded& d) {
    switch (d.insn.meta.isa_ext) {
        case ZYDIS_ISA_EXT_BASE: case ZYDIS_ISA_EXT_LONGMODE: case ZYDIS_ISA_EXT_SSE: case ZYDIS_ISA_EXT_SSE2: case ZYDIS_ISA_EXT_AVX:
        case ZYDIS_ISA_EXT_AVX2: case ZYDIS_ISA_EXT_FMA: break;
        default: return VectorEffect::unknown;
    }
    switch (d.insn.mnemonic) {
        case ZYDIS_MNEMONIC_VZEROALL: case ZYDIS_MNEMONIC_VZEROUPPER: case ZYDIS_MNEMONIC_FXRSTOR: case ZYDIS_MNEMONIC_FXRSTOR64: return VectorEffect::unknown;
        default: break;
    }
    bool writes = false;
    for (u8 i = 0; i < d.insn.operand_count; ++i) {
        const ZydisDecodedOperand& operand = d.operand[i];
        if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER || !(operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)) continue;
        const ZydisRegisterClass kind = ZydisRegisterGetClass(operand.reg.value);
        if (kind != ZYDIS_REGCLASS_XMM && kind != ZYDIS_REGCLASS_YMM) continue;
        if (i != 0) return VectorEffect::unknown;
        writes = true;
    }
    return writes ? VectorEffect::target : VectorEffect::nothing;
}

// Of two that end at the same reader the nearer one gives; one that ends first comes first, and what it crosses stays as it is.
void linkVectors(std::span<Op> ops, std::span<const BlockDraft::FlagNote> notes) {
    if (std::none_of(notes.begin(), notes.end(), [](const auto& note) { return note.links; })) return;
    u64 nearest[BLOCK_INSTRUCTIONS + 1]{};          // by reader: its giver + 1
    Take take[BLOCK_INSTRUCTIONS + 1]{};
    for (u64 i = 0; i < notes.size(); ++i) {
        if (!notes[i].links) continue;
        const Reader reader = readerOf(ops, notes, i);
        if (!reader.at) continue;
        nearest[reader.at] = i + 1;
        take[reader.at] = reader.take;
    }
    u64 free = 0;                                   // the first one that may give
    bool gives = false;                             // it does: what takes gives, too
    for (u64 j = 1; j < notes.size(); ++j) {
        if (!nearest[j] || nearest[j] - 1 < free) continue;
        const u64 giver = nearest[j] - 1;
        if (giver != free || !gives) ops[giver].handler = notes[giver].links->takes[0];
        ops[j].handler = notes[j].links->takes[static_cast<u8>(take[j])];
        free = j;
        gives = true;
    }
}

}  // namespace cpu
