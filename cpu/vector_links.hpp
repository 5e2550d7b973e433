// A vector result on its way to an instruction that reads it need not pass through memory, where the host takes some nine cycles to
// forward it: the handler that computes it leaves it in Carried as well, and a handler of the reader takes it from there. All handlers
// in between pass it on. Only 128-bit VEX instructions of one block give and take.
#pragma once

#include "cpu/lower.hpp"

namespace cpu {

// Which operand is the carried one: the first source, the second, both, or the destination that is read, too.
enum class Take : u8 { nothing, first, second, both, target };

// The handlers of one form of an instruction that leave their result in Carried, by what they take; null: it has no such operand.
struct VectorLinks {
    Handler handlers[5];
    constexpr Handler& at(Take take) { return handlers[static_cast<u8>(take)]; }
    constexpr Handler at(Take take) const { return handlers[static_cast<u8>(take)]; }
};

// What an instruction does to vector registers; unknown: more than to write its destination.
VectorEffect vectorEffectOf(const Decoded& decoded);
// Chooses among a block's instructions who gives and who takes. Notes are parallel to ops.
void linkVectors(std::span<Op> ops, std::span<const BlockDraft::InstructionNote> notes);

}  // namespace cpu
