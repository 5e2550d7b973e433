#include "tests/lockstep/insnfuzz/image.hpp"

#include "cpu/x87.hpp"

#include <cstring>

namespace insnfuzz {

void toImage(const cpu::Registers& r, Image& image) {
    image.control = r.x87.control;
    image.status = r.x87.status;
    image.tags = 0;
    for (unsigned i = 0; i < 8; ++i) image.tags |= static_cast<u8>(((r.x87.tags >> 2 * i & 3) != 3) << i);
    image.opcode = r.x87.opcode;
    image.instruction = r.x87.instruction;
    image.operand = r.x87.operand;
    image.mxcsr = r.mxcsr;
    for (unsigned i = 0; i < 8; ++i) std::memcpy(image.stack[i], &r.x87.physical[(cpu::topOf(r.x87) + i) & 7], 16);
    for (unsigned i = 0; i < 16; ++i) {
        std::memcpy(image.xmm[i], r.ymm[i].lane, 16);
        std::memcpy(image.upper[i], r.ymm[i].lane + 2, 16);
    }
    image.components = 7;
}

void fromImage(const Image& image, cpu::Registers& r) {
    r.x87.control = image.control;
    r.x87.status = image.status;
    r.x87.tags = 0;
    for (unsigned i = 0; i < 8; ++i) r.x87.tags |= static_cast<u16>((image.tags >> i & 1 ? 0 : 3) << 2 * i);
    r.x87.opcode = image.opcode;
    r.x87.instruction = image.instruction;
    r.x87.operand = image.operand;
    r.mxcsr = image.mxcsr;
    for (unsigned i = 0; i < 8; ++i) std::memcpy(&r.x87.physical[(cpu::topOf(r.x87) + i) & 7], image.stack[i], 10);
    for (unsigned i = 0; i < 16; ++i) {
        std::memcpy(r.ymm[i].lane, image.xmm[i], 16);
        std::memcpy(r.ymm[i].lane + 2, image.upper[i], 16);
    }
    cpu::settleX87(r.x87);
}

}  // namespace insnfuzz
