/* Exits with what CPUID says: 1 for POPCNT, 2 more for AVX2. With an argument it executes an instruction of AVX first. */
        .globl _start
        .text
_start: cmpq    $1, (%rsp)
        je      1f
        vpaddd  %ymm1, %ymm2, %ymm3
1:      mov     $1, %eax
        xor     %ecx, %ecx
        cpuid
        bt      $23, %ecx
        setc    %dil
        movzbl  %dil, %edi
        xor     %eax, %eax
        cpuid
        cmp     $7, %eax
        jb      2f
        mov     $7, %eax
        xor     %ecx, %ecx
        cpuid
        shr     $4, %ebx
        and     $2, %ebx
        or      %ebx, %edi
2:      mov     $60, %eax
        syscall
        .section .note.GNU-stack,"",@progbits
