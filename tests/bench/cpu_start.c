/* Start code for workloads/kernels.c without a C library: PROGRAM KERNEL N, where KERNEL is a digit. */
long k_sieve(char*, long), k_fib(char*, long), k_qsort(char*, long), k_btree(char*, long), k_sha(char*, long), k_vm(char*, long);
static char heap[16 << 20] __attribute__((aligned(4096)));

__attribute__((noreturn, used)) static void start(long* stack) {
    char** argv = (char**)(stack + 1);
    long n = 0, r = 0;
    for (const char* p = argv[2]; *p; p++) n = n * 10 + (*p - '0');
    switch (argv[1][0]) {
        case '0': r = k_sieve(heap, n); break;
        case '1': r = k_fib(heap, n); break;
        case '2': r = k_qsort(heap, n); break;
        case '3': r = k_btree(heap, n); break;
        case '4': r = k_sha(heap, n); break;
        case '5': r = k_vm(heap, n); break;
    }
    __asm__ volatile("syscall" : : "a"(231), "D"((r ^ r >> 8 ^ r >> 16 ^ r >> 24) & 127) : "rcx", "r11", "memory");
    __builtin_unreachable();
}
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
