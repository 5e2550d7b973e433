// VEX-encoded instructions with an immediate that is only known when the program is decoded: one of each, called by number.
#pragma once

#include "cpu/vex.hpp"

namespace cpu {

// 256 times "instruction $i, operands; jmp *%rcx" in 8 bytes each.
#define VEX_IMMEDIATE_TABLE(name, instruction, operands)                                        \
    asm(".pushsection .text\n .balign 16\n" name ":\n .set execscope_i, 0\n .rept 256\n"        \
        #instruction " $execscope_i, " operands "\n jmp *%rcx\n .balign 8, 0xcc\n"                 \
        " .set execscope_i, execscope_i + 1\n .endr\n .popsection\n");
#define VEX_IMMEDIATE_128(NAME, operands16, ...)                                                \
    extern "C" const u8 execscope_##NAME##_128[256][8] __attribute__((visibility("hidden")));   \
    VEX_IMMEDIATE_TABLE("execscope_" #NAME "_128", NAME, operands16)
#define VEX_IMMEDIATE_256(NAME, operands16, operands32)                                         \
    extern "C" const u8 execscope_##NAME##_256[256][8] __attribute__((visibility("hidden")));   \
    VEX_IMMEDIATE_TABLE("execscope_" #NAME "_256", NAME, operands32)

// Operands: rax holds the address of the last, register 0 the one before it.
#define VEX_OPERANDS_TWO "(%rax), %xmm0", "(%rax), %ymm0"
#define VEX_OPERANDS_THREE "(%rax), %xmm0, %xmm0", "(%rax), %ymm0, %ymm0"
#define VEX_OPERANDS_HALF "%xmm0, %xmm0", "%ymm0, %xmm0"
#define VEX_OPERANDS_REGISTER "%xmm0, %xmm0", "%ymm0, %ymm0"

// widths: NARROW, WIDE or BOTH; operands as above.
#define VEX_EXPAND(macro, ...) macro(__VA_ARGS__)
#define VEX_TABLES_NARROW(NAME, ...) VEX_EXPAND(VEX_IMMEDIATE_128, NAME, __VA_ARGS__) struct NAME { VEX_CODE_NARROW(NAME) };
#define VEX_TABLES_WIDE(NAME, ...) VEX_EXPAND(VEX_IMMEDIATE_256, NAME, __VA_ARGS__) struct NAME { VEX_CODE_WIDE(NAME) };
#define VEX_TABLES_BOTH(NAME, ...)                                                                  \
    VEX_EXPAND(VEX_IMMEDIATE_128, NAME, __VA_ARGS__) VEX_EXPAND(VEX_IMMEDIATE_256, NAME, __VA_ARGS__) \
    struct NAME { VEX_CODE_NARROW(NAME) VEX_CODE_WIDE(NAME) };
#define VEX_CODE_NARROW(NAME) static const u8* code16(u8 i) { return execscope_##NAME##_128[i]; }
#define VEX_CODE_WIDE(NAME) static const u8* code32(u8 i) { return execscope_##NAME##_256[i]; }
#define VEX_TABLES(NAME, shape, widths, operands, ...) VEX_TABLES_##widths(NAME, VEX_OPERANDS_##operands)
#define VEX_TABLES_ROW(NAME, shape, widths, operands, ...) {ZYDIS_MNEMONIC_##NAME, shape<NAME, __VA_ARGS__>},

// To the entry of the table and back, without the stack: handlers have no frame.
template <class I, unsigned width> void callVex(u8 immediate, u8* d, const u8* a, const u8* b) {
    if constexpr (width == 16) {
        asm volatile("vmovdqu (%[a]), %%xmm0\n lea 1f(%%rip), %%rcx\n jmp *%[code]\n 1:\n vmovdqu %%ymm0, (%[d])"
                     : : [d] "r"(d), [a] "r"(a), "a"(b), [code] "r"(I::code16(immediate)) : "rcx", "xmm0", "memory");
    } else {
        asm volatile("vmovdqu (%[a]), %%ymm0\n lea 1f(%%rip), %%rcx\n jmp *%[code]\n 1:\n vmovdqu %%ymm0, (%[d])\n vzeroupper"
                     : : [d] "r"(d), [a] "r"(a), "a"(b), [code] "r"(I::code32(immediate)) : "rcx", "xmm0", "memory");
    }
}

template <class I, unsigned width, unsigned size, class S> void vexImmediateOp(HOT) {
    OPEN(source, S, Bytes<size>);
    callVex<I, width>(static_cast<u8>(op->imm), registerBytes(core, op->dst), registerBytes(core, op->src), source.bytes());
    NEXT;
}
// dst, rm, imm8
template <class I, unsigned narrow, unsigned wide, Speed speed = Speed::rare> Handler twoImmediate(Form& f) {
    if (f.kind(2) != Operand::imm) return nullptr;
    return byForm<Src, narrow, wide, speed>(f, 1, []<unsigned w, unsigned n, class S>() -> Handler { return vexImmediateOp<I, w, n, S>; });
}
// dst, vvvv, rm, imm8
template <class I, unsigned narrow, unsigned wide, Speed speed = Speed::rare> Handler threeImmediate(Form& f) {
    placeThird(f);
    return byForm<Third, narrow, wide, speed>(f, 2,
                                              []<unsigned w, unsigned n, class S>() -> Handler { return vexImmediateOp<I, w, n, S>; });
}

}  // namespace cpu
