/* Keeps the machine busy for ever in the way that argv[1] names: inside one long instruction, in slow ones, in the kernel. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#define SIZE (1ul << 29)

static void *area(void) {
    void *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? (exit(1), NULL) : at;
}

static void loop(void) {
    for (;;) __asm__ volatile("");
}

static void text(void) {            /* REP STOSB */
    void *const at = area();
    for (;;) {
        void *to = at;
        unsigned long count = SIZE / 8;      /* fits into the machine's memory */
        __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(1) : "memory");
    }
}

static void sines(void) {
    long double x = 1;
    for (;;) __asm__ volatile("fsin" : "+t"(x));
}

static void reads(void) {           /* all into the same pages, one call after the other */
    char *const at = area();
    const int zero = open("/dev/zero", O_RDWR);
    struct iovec parts[1024];
    for (int i = 0; i < 1024; i++) parts[i] = (struct iovec){at, SIZE / 16};
    for (;;) readv(zero, parts, 1024);
}

static void sends(void) {
    const int out = open("/dev/null", O_WRONLY), in = open("/given/sparse", O_RDONLY);
    for (;;) sendfile(out, in, NULL, 0x7ffff000);
}

static void maps(void) {            /* page tables of a huge area, again and again */
    for (;;) {
        char *const at = mmap(NULL, 1ul << 45, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        for (unsigned long i = 0; i < 1ul << 45; i += 1ul << 39) at[i] = 1;
        mprotect(at, 1ul << 45, PROT_READ);
        madvise(at, 1ul << 45, MADV_DONTNEED);
        munmap(at, 1ul << 45);
    }
}

static void fills(void) {
    for (;;) munmap(mmap(NULL, SIZE / 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0), SIZE / 8);
}

static void forks(void) {
    memset(area(), 1, SIZE / 8);
    for (;;)
        if (fork() == 0) _exit(0);
}

int main(int argc, char **argv) {
    static const struct { const char *name; void (*busy)(void); } ways[] = {
        {"loop", loop}, {"text", text}, {"sines", sines}, {"reads", reads}, {"sends", sends}, {"maps", maps}, {"fills", fills}, {"forks", forks},
    };
    for (unsigned i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++)
        if (!strcmp(argv[1], ways[i].name)) ways[i].busy();
    return 2;
}
