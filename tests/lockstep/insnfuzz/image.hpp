// The processor's state as XSAVE writes it.
#pragma once

#include "cpu/state.hpp"

#include <cstddef>

namespace insnfuzz {

// XSAVE's standard format with x87, SSE and the upper halves (SDM Vol. 1 §13.4).
struct alignas(64) Image {
    u16 control, status;
    u8 tags, reserved0;
    u16 opcode;
    u64 instruction, operand;
    u32 mxcsr, mxcsrMask;
    u8 stack[8][16];
    u8 xmm[16][16];
    u8 reserved[96];
    u64 components, compaction, header[6];
    u8 upper[16][16];
};
static_assert(offsetof(Image, upper) == 576 && sizeof(Image) == 832);
void toImage(const cpu::Registers& r, Image& image);
void fromImage(const Image& image, cpu::Registers& r);      // x87, MXCSR, vectors

}  // namespace insnfuzz
