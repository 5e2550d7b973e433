// The architectural state of one x86-64 processor in user mode: one standard-layout struct (SDM Vol. 1 §3.4, §8.1, §10.2).
#pragma once

#include "traces/types.hpp"

namespace cpu {

enum Register : u8 { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

// EFLAGS bits (SDM Vol. 1 §3.4.3).
constexpr u64 FLAG_CF = 1u << 0, FLAG_PF = 1u << 2, FLAG_AF = 1u << 4, FLAG_ZF = 1u << 6, FLAG_SF = 1u << 7,
              FLAG_TF = 1u << 8, FLAG_IF = 1u << 9, FLAG_DF = 1u << 10, FLAG_OF = 1u << 11, FLAG_NT = 1u << 14,
              FLAG_RF = 1u << 16, FLAG_AC = 1u << 18, FLAG_ID = 1u << 21;
constexpr u64 FLAGS_STATUS = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF;

struct alignas(32) Vector256 {
    u64 lane[4];
};

struct X87 {
    u16 control = 0x37f, status = 0, tags = 0xffff, opcode = 0;
    u64 instruction = 0, operand = 0;
    struct Slot { u64 significand; u16 exponent; u16 pad[3]; } physical[8]{};   // R0..R7, sign in bit 15 of exponent
};

// What a task owns of the processor. Copied whole on a context switch and by fork.
struct Registers {
    u64 gpr[16]{};              // by Register
    u64 zero = 0;               // always 0: the base or index of an address that has none
    u64 rip = 0;
    u64 rflags = 0x202;         // settled: lazy flags are folded in whenever Cpu::run has returned
    u64 fs_base = 0, gs_base = 0;
    u16 cs = 0x33, ss = 0x2b, ds = 0, es = 0, fs = 0, gs = 0;
    u32 mxcsr = 0x1f80;
    u32 pkru = 0;               // rights of protection keys; stays 0 on a processor without them (SDM Vol. 3 §4.6.2)
    Vector256 ymm[16]{};        // xmm is the low half
    X87 x87{};
};

}  // namespace cpu
