#include "cpu/vector_links.hpp"

#include <algorithm>

namespace cpu {

namespace {

constexpr u64 WINDOW = 16;      // instructions; a reader further away finds the result in memory in time

// How op reads the vector register at that offset, if its links can take it.
Take takeOf(const Op& op, const VectorLinks& links, u16 reg) {
    if (!links.at(Take::first)) return links.at(Take::second) && op.src == reg ? Take::second : Take::nothing;      // of two operands
    if (links.at(Take::target) && op.dst == reg) return Take::target;
    const bool first = op.src == reg, second = links.at(Take::second) && static_cast<u32>(op.imm) >> 16 == reg;    // as placeThird() has it
    return first && second ? Take::both : first ? Take::first : second ? Take::second : Take::nothing;
}

struct Reader {
    u64 at = 0;                 // 0: none
    Take take = Take::nothing;
};
// The next instruction that can take what the one at `i` gives.
Reader readerOf(std::span<const Op> ops, std::span<const BlockDraft::InstructionNote> notes, u64 i) {
    for (u64 j = i + 1; j < std::min<u64>(notes.size(), i + WINDOW + 1); ++j) {
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
        case ZYDIS_MNEMONIC_VZEROALL:
        case ZYDIS_MNEMONIC_VZEROUPPER:
        case ZYDIS_MNEMONIC_FXRSTOR:
        case ZYDIS_MNEMONIC_FXRSTOR64: return VectorEffect::unknown;
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
void linkVectors(std::span<Op> ops, std::span<const BlockDraft::InstructionNote> notes) {
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
    u64 first_free = 0;                             // the first one that may give
    bool gives = false;                             // it does: what takes gives, too
    for (u64 j = 1; j < notes.size(); ++j) {
        if (!nearest[j] || nearest[j] - 1 < first_free) continue;
        const u64 giver = nearest[j] - 1;
        if (giver != first_free || !gives) ops[giver].handler = notes[giver].links->at(Take::nothing);
        ops[j].handler = notes[j].links->at(take[j]);
        first_free = j;
        gives = true;
    }
}

}  // namespace cpu
