/* Asks for what no kernel has (syscall 1000) and exits with what it returned: -ENOSYS gives 38. */
        .globl _start
        .text
_start: mov     $1000, %eax
        syscall
        neg     %eax
        mov     %eax, %edi
        mov     $60, %eax
        syscall
        .section .note.GNU-stack,"",@progbits
