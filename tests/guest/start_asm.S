/* What the kernel hands to _start: exits with a bit for each register rule that does not hold (0 if all do). */
        .globl _start
        .text
_start: mov     $0, %edi                /* mov keeps the flags */
        pushfq
        mov     (%rsp), %rax
        lea     8(%rsp), %rsp
        cmp     $0x202, %rax            /* rflags: IF and the always-one bit */
        je      1f
        or      $1, %edi
1:      test    $15, %spl               /* psABI: rsp is 16-byte aligned at entry */
        jz      2f
        or      $2, %edi
2:      or      %rdx, %rbx              /* rdx = 0: no function to register with atexit */
        or      %rbx, %rcx
        or      %rcx, %rbp
        or      %rbp, %r8
        or      %r8, %r9
        or      %r9, %r10
        or      %r10, %r11
        or      %r11, %r12
        or      %r12, %r13
        or      %r13, %r14
        or      %r14, %r15
        jz      3f
        or      $4, %edi
3:      sub     $8, %rsp
        stmxcsr (%rsp)
        cmpl    $0x1f80, (%rsp)
        je      4f
        or      $8, %edi
4:      fnstcw  (%rsp)
        cmpw    $0x37f, (%rsp)
        je      5f
        or      $16, %edi
5:      mov     %cs, %eax
        cmp     $0x33, %eax
        je      6f
        or      $32, %edi
6:      mov     %ss, %eax
        cmp     $0x2b, %eax
        je      7f
        or      $64, %edi
7:      mov     $60, %eax
        syscall
        .section .note.GNU-stack,"",@progbits
