/* Code that changes while it runs: through another mapping, by the kernel, by another process, by itself, and with its page. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

static void put(unsigned char* at, int value)       /* mov eax, value; ret */
{
    *at = 0xb8;
    memcpy(at + 1, &value, 4);
    at[5] = 0xc3;
}
static long call(const unsigned char* at) { return ((int (*)(void))(unsigned long)at)(); }

static void mappedTwice(int file, unsigned char* writable, const unsigned char* code)
{
    long sum = 0;
    for (int i = 0; i < 3000; ++i) put(writable + 100, i), sum += call(code + 100);
    printf("another mapping %ld\n", sum);
    for (int i = 0; i < 3000; ++i) put(writable + PAGE - 3, i * 77777), sum += call(code + PAGE - 3);
    printf("across two pages %ld\n", sum);
    for (int i = 0; i < 3000; ++i) writable[PAGE] = (unsigned char)i, writable[PAGE + 1] = (unsigned char)(i >> 8), sum += call(code + PAGE - 3);
    printf("the second page %ld\n", sum);
    for (int i = 0; i < 100; ++i) {
        unsigned char bytes[6];
        put(bytes, i * i);
        pwrite(file, bytes, sizeof bytes, 200);
        sum += call(code + 200);
    }
    printf("the file %ld\n", sum);
    unsigned char* private = mmap(0, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, file, 0);
    for (int i = 0; i < 4; ++i) {
        put(i == 2 ? private + 300 : writable + 300, i);
        sum = 10 * sum + call(private + 300);
    }
    printf("a private copy %ld\n", sum);
}

static void byAnother(unsigned char* writable, const unsigned char* code)
{
    int ask[2], answer[2];
    char c = 0;
    long sum = 0;
    pipe(ask), pipe(answer);
    if (fork() == 0) {
        for (int i = 0; i < 50; ++i) read(ask[0], &c, 1), put(writable + 400, 3 * i), write(answer[1], &c, 1);
        _exit(0);
    }
    for (int i = 0; i < 50; ++i) write(ask[1], &c, 1), read(answer[0], &c, 1), sum += call(code + 400);
    wait(0);
    printf("another process %ld\n", sum);
}

static void byItself(unsigned char* page)
{
    const unsigned char next[] = {0xc6, 0x05, 1, 0, 0, 0, 5, 0xb8, 1, 0, 0, 0, 0xc3};           /* mov byte [rip+1], 5; mov eax, 1; ret */
    const unsigned char repeated[] = {0x48, 0x8d, 0x3d, 9, 0, 0, 0, 0xb9, 2, 0, 0, 0, 0xb0, 0x90, 0xf3, 0xaa, 0xcc, 0xcc,
                                      0xb8, 7, 0, 0, 0, 0xc3};      /* lea rdi, [rip+9]; mov ecx, 2; mov al, nop; rep stosb; int3; int3; mov eax, 7; ret */
    const unsigned char loop[] = {0x31, 0xc0, 0xb9, 100, 0, 0, 0, 5, 1, 0, 0, 0, 0x80, 0x05, 0xf5, 0xff, 0xff, 0xff, 1, 0xff, 0xc9, 0x75, 0xf0,
                                  0xc3};      /* xor eax, eax; mov ecx, 100; again: add eax, 1; add byte [again+1], 1; dec ecx; jnz again; ret */
    memcpy(page, next, sizeof next);
    printf("the next instruction %ld", call(page));
    memcpy(page + 64, repeated, sizeof repeated);
    printf(", behind a repetition %ld", call(page + 64));
    memcpy(page + 128, loop, sizeof loop);
    printf(", in a loop %ld\n", call(page + 128));
}

static void withItsPage(unsigned char* page)
{
    long sum = 0;
    put(page, 1), sum = call(page);
    madvise(page, PAGE, MADV_DONTNEED);
    put(page, 2), sum = 10 * sum + call(page);
    mmap(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    put(page, 3), sum = 10 * sum + call(page);
    page = mremap(page, PAGE, 3 * PAGE, MREMAP_MAYMOVE);
    sum = 10 * sum + call(page);
    mprotect(page, PAGE, PROT_READ | PROT_WRITE), put(page, 4), mprotect(page, PAGE, PROT_READ | PROT_EXEC);
    printf("new pages %ld\n", 10 * sum + call(page));
}

int main(void)
{
    char name[] = "/tmp/rewrittenXXXXXX";
    const int file = mkstemp(name);
    unlink(name);
    ftruncate(file, 2 * PAGE);
    unsigned char* writable = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    const unsigned char* code = mmap(0, 2 * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    unsigned char* page = mmap(0, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mappedTwice(file, writable, code);
    fflush(stdout);
    byAnother(writable, code);
    byItself(page);
    withItsPage(page);
    return 0;
}
