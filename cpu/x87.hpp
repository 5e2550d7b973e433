// The x87 FPU (SDM Vol. 1 ch. 8): its memory image, and one instruction executed by the host's own FPU.
#pragma once

#include "cpu/state.hpp"

namespace cpu {

// Exceptions are bits of the status word, their masks the same bits of the control word (SDM Vol. 1 §8.1.3, §8.1.5).
constexpr u16 X87_EXCEPTIONS = 0x3f, X87_INVALID = 0x01, X87_DENORMAL = 0x02, X87_ZERO_DIVIDE = 0x04, X87_OVERFLOW = 0x08, X87_UNDERFLOW = 0x10,
              X87_PRECISION = 0x20, X87_STACK_FAULT = 0x40, X87_C1 = 0x200, X87_C2 = 0x400, X87_TOP = 0x3800;
constexpr u16 X87_SUMMARY = 0x8080;                             // ES and its copy B

// What FNSAVE writes in 64-bit mode: the environment of 32-bit protected mode, then ST(0)..ST(7) (SDM Vol. 1 §8.1.10, §8.1.11).
struct X87Image {
    u32 control, status, tags, instruction, selectorOpcode, operand, operandSelector;
    u8 stack[8][10];
};
constexpr u64 X87_IMAGE_BYTES = 108, X87_ENVIRONMENT_BYTES = 28;
static_assert(sizeof(X87Image) == X87_IMAGE_BYTES);

X87Image x87Image(const X87& x87);
void loadX87Environment(X87& x87, const X87Image& image);       // everything but the stack; the stack's tags follow its contents
void loadX87Stack(X87& x87, const X87Image& image);             // after the environment, whose TOP it uses

// Exceptions that are raised and not masked: #MF at the next waiting instruction.
constexpr u16 unmaskedX87(const X87& x87) { return x87.status & ~x87.control & X87_EXCEPTIONS; }
constexpr unsigned topOf(const X87& x87) { return x87.status >> 11 & 7; }

// What the processor keeps true by itself after a load of control word, status word or registers: reserved bits, ES and B,
// tags of registers that are not empty.
void settleX87(X87& x87);
X87 initialX87(const X87& before);      // FNINIT: the registers keep their contents (SDM Vol. 2, FINIT)

// Executes an x87 instruction on the host's FPU, with the program's whole state and exception masks: opcode D8H..DFH, ModRM.
// A memory operand (ModRM.mod not 3) is at operand, up to 10 bytes. rflags: the status flags, for FCMOVcc and FCOMI.
// No exception may be pending. Pointers to the last instruction stay as they were. The host's FPU is left initialised.
void runOnHostX87(X87& x87, u8 opcode, u8 modrm, u8* operand, u64& rflags);

// The same at a fraction of the cost, for common instructions while every exception is masked and the stack neither over- nor
// underflows. False: not one of these, nothing has happened.
bool runFastX87(X87& x87, u8 opcode, u8 modrm, u8* operand, u64& rflags);
unsigned tagOfX87(const X87::Slot& slot);      // of a register that is not empty (SDM Vol. 1 §8.1.7)
bool isEmptyX87(const X87& x87, unsigned i);    // ST(i)
void putX87(X87& x87, unsigned i, const X87::Slot& value);
void setTopX87(X87& x87, unsigned top);         // modulo 8
void popX87(X87& x87);

// F2XM1, FYL2X, FYL2XP1, FPTAN, FPATAN, FSIN, FCOS, FSINCOS: opcode D9H with this ModRM. Computed here, the same on every host. No
// exception may be pending. Pointers to the last instruction stay as they were.
void runTranscendentalX87(X87& x87, u8 modrm);

}  // namespace cpu
