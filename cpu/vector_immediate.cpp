#include "cpu/vector_immediate.hpp"

asm(R"(
    .macro execscope_table name
    .balign 16
    .hidden execscope_\name
    .globl execscope_\name
execscope_\name:
    .set execscope_i, 0
    .rept 256
    \name $execscope_i, %xmm1, %xmm0
    jmp *%rdi
    .balign 8, 0xcc
    .set execscope_i, execscope_i + 1
    .endr
    .endm
    .pushsection .text
    .irp name, palignr, blendps, blendpd, pblendw, roundps, roundpd, roundss, roundsd, dpps, dppd, insertps, mpsadbw
    execscope_table \name
    .endr
    .irp name, pclmulqdq, aeskeygenassist, pcmpestri, pcmpestrm, pcmpistri, pcmpistrm
    execscope_table \name
    .endr
    .popsection
)");
