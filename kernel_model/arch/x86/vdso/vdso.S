// The vDSO: what Linux puts into every process as [vdso] (vdso(7)), with Linux's symbol names and version. Ours has no
// vvar page: each function makes the plain system call. compile.sh makes the bytes that vdso.inc holds.
    .text

    .macro VDSO_CALL name, number
    .globl __vdso_\name
    .type __vdso_\name, @function
    .balign 16
__vdso_\name:
    .cfi_startproc
    mov $\number, %eax
    syscall
    ret
    .cfi_endproc
    .size __vdso_\name, . - __vdso_\name
    .weak \name
    .set \name, __vdso_\name
    .endm

    VDSO_CALL clock_gettime, 228
    VDSO_CALL gettimeofday, 96
    VDSO_CALL time, 201
    VDSO_CALL getcpu, 309

    .section .note.GNU-stack, "", @progbits
