// The shape of an instruction, told at a glance: what of its bytes chooses the handler, and what only names registers, a
// displacement, an immediate or a distance. Zydis decodes one instruction of a shape; the others differ in what is named here.
#pragma once

#include "cpu/op.hpp"

namespace cpu {

constexpr u64 LONGEST = 15;     // bytes of an instruction (SDM Vol. 2 §2.3.11)

struct Encoding {
    u64 shape = 0;          // 0: not one of the common instructions that are told apart here
    u8 reg = 0, rm = 0;     // registers 0 to 15 of ModRM (or of the opcode: rm); 16 to 19: ah, ch, dh, bh
    u8 base = 0, index = 0; // byte offsets as in Op; the slots for none and rip included
    u8 scale = 1;
    u8 length = 0;          // of the instruction in bytes
    bool conditional = false;   // the handler depends on the flags known before
    bool memory = false;    // rm is an address
    bool immediate = false; // there is an immediate that no handler depends on, or a distance
    bool wide = false;      // and its 64 bits lie in op.imm64, too
    i32 disp = 0, imm = 0;

    u64 key(u64 known) const { return conditional ? shape | (known & 0xfff) << 48 : shape; }    // known: kind of the lazy flags before
};
Encoding encodingOf(const u8 (&bytes)[LONGEST]);

}  // namespace cpu
