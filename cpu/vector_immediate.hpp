// Host instructions whose immediate is only known when the program is decoded: one of each, chosen by number.
#pragma once

#include "cpu/vector.hpp"

namespace cpu {

// 256 times "instruction $i, %xmm1, %xmm0; jmp *%rdi" in 8 bytes each (vector_immediate.cpp): handlers have no frame.
using ImmediateTable = const u8[256][8];
extern "C" {
#define EXECSCOPE_IMMEDIATE(name) extern ImmediateTable execscope_##name __attribute__((visibility("hidden")));
EXECSCOPE_IMMEDIATE(palignr)
EXECSCOPE_IMMEDIATE(blendps)
EXECSCOPE_IMMEDIATE(blendpd)
EXECSCOPE_IMMEDIATE(pblendw)
EXECSCOPE_IMMEDIATE(roundps)
EXECSCOPE_IMMEDIATE(roundpd)
EXECSCOPE_IMMEDIATE(roundss)
EXECSCOPE_IMMEDIATE(roundsd)
EXECSCOPE_IMMEDIATE(dpps)
EXECSCOPE_IMMEDIATE(dppd)
EXECSCOPE_IMMEDIATE(insertps)
EXECSCOPE_IMMEDIATE(mpsadbw)
EXECSCOPE_IMMEDIATE(pclmulqdq)
EXECSCOPE_IMMEDIATE(aeskeygenassist)
EXECSCOPE_IMMEDIATE(pcmpestri)
EXECSCOPE_IMMEDIATE(pcmpestrm)
EXECSCOPE_IMMEDIATE(pcmpistri)
EXECSCOPE_IMMEDIATE(pcmpistrm)
#undef EXECSCOPE_IMMEDIATE
}

// xmm0 = target, xmm1 = source.
[[gnu::always_inline]] inline V callImmediate(const u8* code, V target, V source) {
    register V a asm("xmm0") = target;
    register V b asm("xmm1") = source;
    asm volatile("lea 1f(%%rip), %%rdi\n jmp *%[code]\n 1:" : "+x"(a) : "x"(b), [code] "r"(code) : "rdi", "memory");
    return a;
}

template <ImmediateTable& instruction, class T, class S> void calledOp(HOT) {
    OPEN(source, S, T);
    OPEN(target, Dst, Xmm);
    target.set(Xmm{callImmediate(instruction[op->imm & 0xff], target.get().v, vec(source.get()))});
    NEXT;
}
// xmm, xmm or T in memory, imm8.
template <ImmediateTable& instruction, class T = Xmm> Handler called(Form& f) {
    if (!isVector(f)) return nullptr;
    if (isMemory(f, 1)) return calledOp<instruction, T, Source<T, Address::any>>;
    return calledOp<instruction, Xmm, Src>;
}

}  // namespace cpu
