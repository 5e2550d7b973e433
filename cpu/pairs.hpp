// Two neighbouring instructions that only move or combine general registers, and whose flags nobody reads, run as one: half the
// dispatches, and a result that the second needs stays in a register of the host. Both ops keep their places in the block.
#pragma once

#include "cpu/lower.hpp"

namespace cpu {

// 32 or 64 bits, register to register or, for shifts, by an immediate count that is not 0. It cannot fault.
Simple simpleOf(const Form& form);
// Joins what can be joined among a block's instructions. A MOV goes down to the instruction that works on its result, past
// others that do not touch it: none of them can fault, so nobody sees the order.
void joinPairs(std::span<Op> ops, std::span<BlockDraft::FlagNote> notes);

}  // namespace cpu
