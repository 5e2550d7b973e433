/* An AVX-512 instruction, which the modelled CPU does not have: SIGILL. */
        .globl _start
        .text
_start: vpaddd  %zmm1, %zmm2, %zmm3
        mov     $60, %eax
        xor     %edi, %edi
        syscall
        .section .note.GNU-stack,"",@progbits
