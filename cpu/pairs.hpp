// Neighbouring instructions that move, load or combine general registers run as one: half the dispatches, and a result that the next
// one needs stays in a register of the host. Only the last one's flags may be read. All ops keep their places in the block.
#pragma once

#include "cpu/lower.hpp"

namespace cpu {

// 32 or 64 bits, registers and immediates, counts that are not 0. Only a load can fault: first of a pair it does so before anything
// is done, second it is left to its own handler.
Simple simpleOf(const Form& form);
// Joins what can be joined among a block's instructions. A MOV goes down to the instruction that works on its result, past
// others that do not touch it and cannot fault, so that nobody sees the order.
void joinPairs(std::span<Op> ops, std::span<BlockDraft::FlagNote> notes);

namespace joined {
extern const Handler loadsAlone[];     // as loadNumber() counts
}

}  // namespace cpu
