// Indirect branches that run often, with accesses that cannot be served at once: a push across a page, to a page that holds code,
// a pointer across a page.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { TIMES = 300000 };

static volatile int shown;

static __attribute__((noinline)) int apply(int (*f)(int), int x) { return f(x); }

// gcc puts a trampoline for `add` on the stack, which then holds code.
static unsigned nested(void) {
    unsigned sum = 0;
    int add(int x) { return (int)(sum += (unsigned)x); }
    for (int i = 0; i < TIMES; ++i) {
        if (i & shown) printf("%d\n", i);      // never: branches that fall through make a page hot
        apply(add, i);
    }
    return sum;
}

static char pages[4 * 4096] __attribute__((aligned(4096)));

static long pushesAcross(void) {
    long count = 0;
    __asm__ volatile(
        "mov %%rsp, %%rbx\n lea 2f(%%rip), %%r14\n mov %1, %%rsp\n mov %2, %%ecx\n"
        "1: test %%ecx, %%ecx\n jz 1b\n call *%%r14\n dec %%ecx\n jnz 1b\n mov %%rbx, %%rsp\n jmp 3f\n"
        "2: inc %0\n ret\n"
        "3:"
        : "+r"(count) : "r"(pages + 4096 + 4), "i"(TIMES) : "rbx", "rcx", "r14", "memory", "cc");
    return count;
}

static int one(int x) { return x + 1; }
static int two(int x) { return x + 2; }

static long loadsAcross(void) {
    int (**volatile table)(int) = (void*)(pages + 2 * 4096 - 4);
    long sum = 0;
    for (int i = 0; i < TIMES; ++i) {
        int (*f)(int) = i & 1 ? one : two;
        memcpy((void*)table, &f, sizeof f);
        if (i & shown) printf("%d\n", i);
        sum += (*table)(i);
    }
    return sum;
}

int main(void) {
    printf("nested %u\n", nested());
    printf("pushes %ld\n", pushesAcross());
    printf("loads %ld\n", loadsAcross());
    return 0;
}
