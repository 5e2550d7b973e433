#include "cpu/x87.hpp"

#include <cstring>

// One "instruction; ret" of 4 bytes each: D8H..DFH with the register forms C0H..FFH, then with the eight [rsi] forms.
asm(R"(
    .pushsection .text
    .balign 16
    .hidden execscope_x87_register
    .globl execscope_x87_register
execscope_x87_register:
    .set x87_opcode, 0xd8
    .rept 8
    .set x87_modrm, 0xc0
    .rept 64
    .byte x87_opcode, x87_modrm, 0xc3, 0xcc
    .set x87_modrm, x87_modrm + 1
    .endr
    .set x87_opcode, x87_opcode + 1
    .endr
    .hidden execscope_x87_memory
    .globl execscope_x87_memory
execscope_x87_memory:
    .set x87_opcode, 0xd8
    .rept 8
    .set x87_modrm, 0x06
    .rept 8
    .byte x87_opcode, x87_modrm, 0xc3, 0xcc
    .set x87_modrm, x87_modrm + 8
    .endr
    .set x87_opcode, x87_opcode + 1
    .endr
    .popsection
)");
extern "C" const u8 execscope_x87_register[8][64][4] __attribute__((visibility("hidden")));
extern "C" const u8 execscope_x87_memory[8][8][4] __attribute__((visibility("hidden")));

namespace cpu {

namespace {

constexpr u32 RESERVED = 0xffff0000;
constexpr u16 CONTROL_BITS = 0x1f7f, CONTROL_ONES = 0x40;

bool isEmpty(const X87& x87, unsigned i) { return (x87.tags >> 2 * i & 3) == 3; }
u16 tagsOf(const X87& x87) {        // MMX instructions leave x87.tags at 0 whatever the registers hold
    unsigned tags = 0;
    for (unsigned i = 0; i < 8; ++i) tags |= (isEmpty(x87, i) ? 3 : tagOfX87(x87.physical[i])) << 2 * i;
    return static_cast<u16>(tags);
}

}  // namespace

unsigned tagOfX87(const X87::Slot& slot) {
    const unsigned exponent = slot.exponent & 0x7fff;
    if (exponent == 0 && slot.significand == 0) return 1;
    return exponent == 0 || exponent == 0x7fff || !(slot.significand >> 63) ? 2 : 0;
}

bool isEmptyX87(const X87& x87, unsigned i) { return isEmpty(x87, (topOf(x87) + i) & 7); }
void putX87(X87& x87, unsigned i, const X87::Slot& value) {
    const unsigned at = (topOf(x87) + i) & 7;
    x87.physical[at] = value;
    x87.tags = static_cast<u16>((x87.tags & ~(3u << 2 * at)) | tagOfX87(value) << 2 * at);
}
void setTopX87(X87& x87, unsigned top) { x87.status = static_cast<u16>((x87.status & ~X87_TOP) | (top & 7) << 11); }
void popX87(X87& x87) {
    x87.tags |= static_cast<u16>(3u << 2 * topOf(x87));
    setTopX87(x87, topOf(x87) + 1);
}

X87Image x87Image(const X87& x87) {
    X87Image image{RESERVED | x87.control, RESERVED | x87.status, RESERVED | tagsOf(x87), static_cast<u32>(x87.instruction),
                   static_cast<u32>(x87.opcode) << 16, static_cast<u32>(x87.operand), RESERVED, {}};
    for (unsigned i = 0; i < 8; ++i) {
        const X87::Slot& slot = x87.physical[(topOf(x87) + i) & 7];
        std::memcpy(image.stack[i], &slot.significand, 8);
        std::memcpy(image.stack[i] + 8, &slot.exponent, 2);
    }
    return image;
}

void loadX87Environment(X87& x87, const X87Image& image) {
    x87.control = static_cast<u16>(image.control);
    x87.status = static_cast<u16>(image.status);
    x87.tags = static_cast<u16>(image.tags);
    x87.instruction = image.instruction;
    x87.opcode = image.selectorOpcode >> 16 & 0x7ff;
    x87.operand = image.operand;
    settleX87(x87);
}

void loadX87Stack(X87& x87, const X87Image& image) {
    for (unsigned i = 0; i < 8; ++i) {
        X87::Slot& slot = x87.physical[(topOf(x87) + i) & 7];
        std::memcpy(&slot.significand, image.stack[i], 8);
        std::memcpy(&slot.exponent, image.stack[i] + 8, 2);
    }
    settleX87(x87);
}

void settleX87(X87& x87) {
    x87.control = static_cast<u16>((x87.control & CONTROL_BITS) | CONTROL_ONES);
    x87.status = static_cast<u16>((x87.status & ~X87_SUMMARY) | (unmaskedX87(x87) ? X87_SUMMARY : 0));
    x87.tags = tagsOf(x87);
}

X87 initialX87(const X87& before) {
    X87 after{};
    std::memcpy(after.physical, before.physical, sizeof after.physical);
    return after;
}

// FNSAVE does not wait, so that an unmasked exception of the instruction is saved and then cleared, never raised here.
void runOnHostX87(X87& x87, u8 opcode, u8 modrm, u8* operand, u64& rflags) {
    const u8* code = modrm >> 6 == 3 ? execscope_x87_register[opcode & 7][modrm & 63] : execscope_x87_memory[opcode & 7][modrm >> 3 & 7];
    X87Image image = x87Image(x87);
    asm volatile("lea -128(%%rsp), %%rsp\n frstor (%%rdi)\n push %[flags]\n popf\n"
                 "call *%[code]\n"
                 "pushf\n pop %[flags]\n fnsave (%%rdi)\n lea 128(%%rsp), %%rsp"
                 : [flags] "+r"(rflags)
                 : "D"(&image), "S"(operand), [code] "r"(code)
                 : "cc", "memory", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)");
    x87.control = static_cast<u16>(image.control);
    x87.status = static_cast<u16>(image.status);
    x87.tags = static_cast<u16>(image.tags);
    loadX87Stack(x87, image);
}

}  // namespace cpu
