/* The smallest static program that says something: write(1, "hello\n", 6), exit(7). No libc. */
        .globl _start
        .text
_start: mov     $1, %eax
        mov     $1, %edi
        lea     text(%rip), %rsi
        mov     $6, %edx
        syscall
        mov     $60, %eax
        mov     $7, %edi
        syscall
        .section .rodata
text:   .ascii  "hello\n"
        .section .note.GNU-stack,"",@progbits
