// The oracle for AVX: this machine's processor executes the same bytes.
#pragma once

#include "tests/unit/cpu/sse_native.hpp"

struct AvxState {
    alignas(32) u8 ymm[16][32];     // at 0
    u64 gpr[16];                    // at 512; only rax, rcx, rdx, rsi, rdi are used
    u64 rflags;                     // at 640
    u32 mxcsr;                      // at 648
    u32 vector;                     // 0, or the exception: 19, 13, 6
};

class NativeAvx : public Native {
public:
    // ymm0..15, five general registers, status flags and MXCSR. Registers are what a fault left.
    void run(AvxState& state) {
        present().vector = 0;
        AvxState* at = &state;
        u8* code = page_;
        asm volatile(
            "sub $128, %%rsp\n push %%rbx\n push %%rbp\n mov %0, %%rbx\n mov %1, %%rbp\n"
            "sub $8, %%rsp\n stmxcsr (%%rsp)\n ldmxcsr 648(%%rbx)\n"
            "vmovdqu 0(%%rbx), %%ymm0\n vmovdqu 32(%%rbx), %%ymm1\n vmovdqu 64(%%rbx), %%ymm2\n vmovdqu 96(%%rbx), %%ymm3\n"
            "vmovdqu 128(%%rbx), %%ymm4\n vmovdqu 160(%%rbx), %%ymm5\n vmovdqu 192(%%rbx), %%ymm6\n vmovdqu 224(%%rbx), %%ymm7\n"
            "vmovdqu 256(%%rbx), %%ymm8\n vmovdqu 288(%%rbx), %%ymm9\n vmovdqu 320(%%rbx), %%ymm10\n vmovdqu 352(%%rbx), %%ymm11\n"
            "vmovdqu 384(%%rbx), %%ymm12\n vmovdqu 416(%%rbx), %%ymm13\n vmovdqu 448(%%rbx), %%ymm14\n vmovdqu 480(%%rbx), %%ymm15\n"
            "push 640(%%rbx)\n popf\n"
            "mov 512(%%rbx), %%rax\n mov 520(%%rbx), %%rcx\n mov 528(%%rbx), %%rdx\n mov 560(%%rbx), %%rsi\n mov 568(%%rbx), %%rdi\n"
            "call *%%rbp\n"
            "mov %%rax, 512(%%rbx)\n mov %%rcx, 520(%%rbx)\n mov %%rdx, 528(%%rbx)\n mov %%rsi, 560(%%rbx)\n mov %%rdi, 568(%%rbx)\n"
            "pushf\n pop 640(%%rbx)\n"
            "vmovdqu %%ymm0, 0(%%rbx)\n vmovdqu %%ymm1, 32(%%rbx)\n vmovdqu %%ymm2, 64(%%rbx)\n vmovdqu %%ymm3, 96(%%rbx)\n"
            "vmovdqu %%ymm4, 128(%%rbx)\n vmovdqu %%ymm5, 160(%%rbx)\n vmovdqu %%ymm6, 192(%%rbx)\n vmovdqu %%ymm7, 224(%%rbx)\n"
            "vmovdqu %%ymm8, 256(%%rbx)\n vmovdqu %%ymm9, 288(%%rbx)\n vmovdqu %%ymm10, 320(%%rbx)\n vmovdqu %%ymm11, 352(%%rbx)\n"
            "vmovdqu %%ymm12, 384(%%rbx)\n vmovdqu %%ymm13, 416(%%rbx)\n vmovdqu %%ymm14, 448(%%rbx)\n vmovdqu %%ymm15, 480(%%rbx)\n"
            "stmxcsr 648(%%rbx)\n ldmxcsr (%%rsp)\n vzeroupper\n add $8, %%rsp\n pop %%rbp\n pop %%rbx\n add $128, %%rsp\n"
            : "+c"(at), "+d"(code)
            :
            : "rax", "rsi", "rdi", "r8", "r9", "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
              "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
        state.vector = present().vector;
        if (state.vector == 19) state.mxcsr = present().mxcsr;
    }
};
