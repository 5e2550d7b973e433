/* Calls one kernel of workloads/kernels.c by name: kernels NAME N. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long k_sieve(char*, long), k_fib(char*, long), k_qsort(char*, long), k_btree(char*, long), k_sha(char*, long), k_vm(char*, long);

static const struct {
    const char* name;
    long (*run)(char*, long);
} kernels[] = {{"sieve", k_sieve}, {"fib", k_fib}, {"qsort", k_qsort}, {"btree", k_btree}, {"sha", k_sha}, {"vm", k_vm}};

static char heap[16 << 20] __attribute__((aligned(4096)));

int main(int argc, char** argv) {
    for (unsigned i = 0; argc > 2 && i < sizeof kernels / sizeof *kernels; i++)
        if (!strcmp(argv[1], kernels[i].name)) return printf("%ld\n", kernels[i].run(heap, atol(argv[2]))) < 0;
    return 2;
}
