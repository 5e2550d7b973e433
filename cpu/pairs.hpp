// Neighbouring instructions that move, load, store or combine general registers, or compare and jump, run as one: fewer dispatches,
// and a result that the next one needs stays in a register of the host. Flags of one of them at most may be read: the last one's,
// or the first one's before a load or store. All ops keep their places in the block.
#pragma once

#include "cpu/lower.hpp"

namespace cpu {

// 32 or 64 bits, registers and immediates, counts that are not 0, conditional jumps, PUSH and POP of a register. What can fault, a
// load, PUSH and POP, does so before anything is done when it comes first; a load or store that comes second is left to its own
// handler; stores never come first.
Simple simpleOf(const Form& form);
// Joins what can be joined among a block's instructions, with as few dispatches and as many results in registers as it can: two; a MOV
// and two that work on its copy; three or four MOVs; one and the jump that it decides; a counter or a load, its comparison and the
// jump; up to six PUSHes or POPs; a PUSH and a MOV; three turned copies and their sum; bits chosen
// from two registers by a third. An instruction goes down to the one that works on its result, past others that do not touch it and
// cannot fault, so that nobody sees the order.
void joinPairs(std::span<Op> ops, std::span<BlockDraft::InstructionNote> notes);

}  // namespace cpu
