// The vDSO: what Linux puts into every process as [vdso] (vdso(7)), with Linux's symbol names and version. Ours does not read the
// vvar page: each function makes the plain system call. compile.sh makes the bytes that vdso-3.10.inc and vdso-6.1.inc hold; the
// symbols and notes of the latter are those of Debian's 6.1.187.
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

#ifdef V6_1
    VDSO_CALL clock_getres, 229

// Linux Documentation/x86/sgx.rst, uapi/asm/sgx.h. The processor has no SGX: instead of ENCLU, what Linux makes of its #UD. Called
// with the leaf in ecx and struct sgx_enclave_run as the seventh argument.
#define RUN_FUNCTION 8
#define RUN_VECTOR 12
#define RUN_ERROR 14
#define RUN_ADDRESS 16
#define RUN_HANDLER 24
#define RUN_RESERVED 40
#define RUN_SIZE 256
    .globl __vdso_sgx_enter_enclave
    .type __vdso_sgx_enter_enclave, @function
    .balign 16
__vdso_sgx_enter_enclave:
    .cfi_startproc
    push %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    mov %rsp, %rbp
    .cfi_def_cfa_register %rbp
    push %rbx
    mov %ecx, %eax
enter:                                  // EENTER is 2, ERESUME 3
    lea -2(%rax), %ecx
    cmp $1, %ecx
    ja invalid
    mov 16(%rbp), %rcx
    mov $RUN_RESERVED, %ebx
reserved:
    cmpq $0, (%rcx, %rbx)
    jne invalid
    add $8, %ebx
    cmp $RUN_SIZE, %ebx
    jne reserved
    mov $6, %edi
    xor %esi, %esi
    xor %edx, %edx
    mov %eax, RUN_FUNCTION(%rcx)
    mov %di, RUN_VECTOR(%rcx)
    mov %si, RUN_ERROR(%rcx)
    mov %rdx, RUN_ADDRESS(%rcx)
    xor %eax, %eax
    cmpq $0, RUN_HANDLER(%rcx)
    je out
    mov %rcx, %rax
    mov %rsp, %rcx
    mov %rsp, %rbx
    and $-16, %rsp
    sub $8, %rsp
    push %rax
    mov RUN_HANDLER(%rax), %rax
    call *%rax
    mov %rbx, %rsp
    test %eax, %eax
    jg enter
out:
    pop %rbx
    leave
    .cfi_remember_state
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_restore_state
invalid:
    mov $-22, %eax
    jmp out
    .cfi_endproc
    .size __vdso_sgx_enter_enclave, . - __vdso_sgx_enter_enclave
#endif

// elf(5), Nhdr: the kernel's version.
    .section .note.version, "a", @note
    .balign 4
    .long 6, 4, 0
    .asciz "Linux"
    .balign 4
    .long VERSION_CODE

    .section .note.GNU-stack, "", @progbits
