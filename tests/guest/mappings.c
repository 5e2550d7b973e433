/* How mappings lie, split, merge, move and are refused. "mappings later": what kernels since 4.17 do in another way. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
enum { PAGE = 4096 };
static const int RW = PROT_READ | PROT_WRITE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;

static char* map(void* at, int pages, int protection, int flags) {
    return mmap(at, (size_t)pages * PAGE, protection, flags, -1, 0);
}

static void tell(const char* what, long result) {
    int error = result == -1 ? errno : 0;
    printf("%s %ld %d\n", what, result, error);
}

/* The lines of /proc/self/maps within [base, base + pages), as "first-last permissions". */
static void show(const char* what, char* base, int pages) {
    char line[512];
    FILE* maps = fopen("/proc/self/maps", "r");
    printf("%s:", what);
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        char permissions[8];
        if (sscanf(line, "%lx-%lx %7s", &start, &end, permissions) != 3) continue;
        if (end <= (uintptr_t)base || start >= (uintptr_t)base + (uintptr_t)pages * PAGE) continue;
        long from = (long)(start - (uintptr_t)base) / PAGE, to = (long)(end - (uintptr_t)base) / PAGE;
        if (from < 0 || to > pages) printf(" (joined)");
        else printf(" %ld-%ld%s", from, to, permissions);
    }
    printf("\n");
    if (maps) fclose(maps);
}

/* A place with nothing but unmapped pages around it, so that nothing of the process's own merges with what is put there. */
static char* room(int pages) {
    char* all = map(0, pages + 4, PROT_NONE, ANONYMOUS);
    munmap(all, (size_t)(pages + 4) * PAGE);
    return all + 2 * PAGE;
}

static void protection(void) {
    char* area = map(room(8), 8, RW, ANONYMOUS | MAP_FIXED);
    show("whole", area, 8);
    mprotect(area + 3 * PAGE, PAGE, PROT_READ);
    show("middle read-only", area, 8);
    mprotect(area + 4 * PAGE, 2 * PAGE, PROT_READ);
    show("more of it", area, 8);
    mprotect(area, PAGE, PROT_NONE);
    show("first none", area, 8);
    mprotect(area + 2 * PAGE, 3 * PAGE, RW | PROT_EXEC);
    show("across", area, 8);
    mprotect(area, 8 * PAGE, RW);
    show("all again", area, 8);
    munmap(area + 2 * PAGE, 2 * PAGE);
    show("hole", area, 8);
    tell("across the hole", mprotect(area, 8 * PAGE, PROT_READ));
    show("after it", area, 8);
    map(area + 2 * PAGE, 2, RW, ANONYMOUS | MAP_FIXED);
    show("filled", area, 8);
    map(area + PAGE, 4, RW, ANONYMOUS | MAP_FIXED);
    show("put over", area, 8);
    munmap(area, 8 * PAGE);
    show("gone", area, 8);
}

static void written(void) {
    char* area = map(room(6), 6, RW, ANONYMOUS | MAP_FIXED);
    area[0] = 1;
    area[5 * PAGE] = 1;
    mprotect(area + 2 * PAGE, PAGE, PROT_READ);
    mprotect(area + 2 * PAGE, PAGE, RW);
    show("split and merged again", area, 6);
    munmap(area, 6 * PAGE);
}

static void hints(void) {
    char* free_place = room(4);
    char* got = map(free_place, 2, RW, ANONYMOUS);
    printf("hint taken %d\n", got == free_place);
    char* second = map(free_place + PAGE, 2, RW, ANONYMOUS);
    printf("occupied hint taken %d\n", second == free_place + PAGE);
    char* odd = map(free_place + 2 * PAGE + 17, 1, RW, ANONYMOUS);
    printf("odd hint rounded down %d\n", odd == free_place + 2 * PAGE);
    char* low = map((char*)1, 1, RW, ANONYMOUS);
    printf("low hint above mmap_min_addr %d\n", low != MAP_FAILED && (uintptr_t)low >= 65536);
    char* below = map(0, 1, RW, ANONYMOUS | MAP_32BIT);
    printf("MAP_32BIT %d\n", (uintptr_t)below < 0x80000000u && (uintptr_t)below >= 0x40000000u);
}

static void refused(const char* what, void* result) {
    int error = result == MAP_FAILED ? errno : 0;
    printf("%s: %s %d\n", what, error ? "refused" : "mapped", error);
}

static void refusals(void) {
    char* area = map(room(2), 2, RW, ANONYMOUS | MAP_FIXED);
    int zero = open("/dev/zero", O_RDONLY), ends[2];
    pipe(ends);
    refused("no bytes", mmap(0, 0, RW, ANONYMOUS, -1, 0));
    refused("too many", mmap(0, (size_t)1 << 60, RW, ANONYMOUS, -1, 0));
    refused("all", mmap(0, (size_t)-1, RW, ANONYMOUS, -1, 0));
    refused("no type", mmap(0, PAGE, RW, MAP_ANONYMOUS, -1, 0));
    refused("no file", mmap(0, PAGE, RW, MAP_PRIVATE, 99, 0));
    refused("a pipe", mmap(0, PAGE, PROT_READ, MAP_PRIVATE, ends[0], 0));
    refused("odd offset", (void*)syscall(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, zero, 100));
    refused("fixed and odd", mmap(area + 1, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
    refused("fixed in the kernel", mmap((void*)0xffff800000000000, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
    tell("munmap odd", munmap(area + 1, PAGE));
    tell("munmap nothing", munmap(area, 0));
    munmap(area, PAGE);
    tell("munmap unmapped", munmap(area, PAGE));
    area += PAGE;
    tell("mprotect odd", mprotect(area + 1, PAGE, PROT_READ));
    tell("mprotect nothing", mprotect(area, 0, PROT_READ));
    tell("mprotect bad", mprotect(area, PAGE, 0x100));
    tell("madvise bad", madvise(area, PAGE, 9999));
}

static void moved(void) {
    char* area = map(room(8), 2, RW, ANONYMOUS | MAP_FIXED);
    memset(area, 'a', PAGE);
    memset(area + PAGE, 'b', PAGE);
    char* grown = mremap(area, 2 * PAGE, 4 * PAGE, 0);
    printf("grown in place %d, %c%c%d\n", grown == area, grown[0], grown[PAGE], grown[2 * PAGE]);
    map(area + 4 * PAGE, 1, PROT_READ, ANONYMOUS | MAP_FIXED);
    char* stuck = mremap(area, 4 * PAGE, 6 * PAGE, 0);
    printf("in the way %d %d\n", stuck == MAP_FAILED, errno);
    char* away = mremap(area, 4 * PAGE, 6 * PAGE, MREMAP_MAYMOVE);
    printf("moved %d, %c%c%d\n", away != area, away[0], away[PAGE], away[5 * PAGE]);
    show("left", area, 5);
    char* less = mremap(away, 6 * PAGE, PAGE, 0);
    printf("shrunk %d\n", less == away);
    show("rest", away, 6);
    char* target = room(3);
    char* placed = mremap(away, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target);
    printf("placed %d %c\n", placed == target, placed[0]);
    tell("bad length", (long)mremap(target, PAGE, 0, 0));
    tell("fixed alone", (long)mremap(target, PAGE, PAGE, MREMAP_FIXED, area));
    tell("onto itself", (long)mremap(target, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target));
    munmap(target, 2 * PAGE);
    tell("not there", (long)mremap(target, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
}

static void advised(void) {
    char* area = map(room(4), 4, RW, ANONYMOUS | MAP_FIXED);
    unsigned char in[4];
    memset(area, 'x', 4 * PAGE);
    tell("dontneed", madvise(area + PAGE, PAGE, MADV_DONTNEED));
    printf("fresh %d, kept %c\n", area[PAGE], area[0]);
    map(area + 2 * PAGE, 1, RW, ANONYMOUS | MAP_FIXED);
    tell("mincore", mincore(area, 4 * PAGE, in));
    printf("%d%d%d%d\n", in[0] & 1, in[1] & 1, in[2] & 1, in[3] & 1);
    munmap(area + 3 * PAGE, PAGE);
    tell("mincore", mincore(area, 4 * PAGE, in));
    tell("msync", msync(area, 3 * PAGE, MS_SYNC));
    tell("msync odd", msync(area + 1, PAGE, MS_SYNC));
    tell("msync unmapped", msync(area, 4 * PAGE, MS_ASYNC));
    tell("madvise unmapped", madvise(area, 4 * PAGE, MADV_NORMAL));
    madvise(area, PAGE, MADV_DONTFORK);
    fflush(stdout);
    int status;
    if (fork() == 0) _exit(mincore(area, PAGE, in) == -1 && errno == ENOMEM && mincore(area + PAGE, PAGE, in) == 0);
    wait(&status);
    printf("not forked %d\n", WEXITSTATUS(status));
}

static void limits(void) {
    struct rlimit limit = {64 << 20, 64 << 20};
    fflush(stdout);
    if (fork() == 0) {
        setrlimit(RLIMIT_AS, &limit);
        refused("RLIMIT_AS", mmap(0, 80 << 20, RW, ANONYMOUS, -1, 0));
        refused("below it", mmap(0, 1 << 20, RW, ANONYMOUS, -1, 0));
        limit.rlim_cur = limit.rlim_max = 1 << 20;
        setrlimit(RLIMIT_DATA, &limit);
        long at = syscall(SYS_brk, 0);
        printf("RLIMIT_DATA %d\n", syscall(SYS_brk, at + (2 << 20)) == at);
        fflush(stdout);
        _exit(0);
    }
    wait(0);
}

/* musl's mremap takes no address without MREMAP_FIXED. */
static char* remap(char* from, size_t old_pages, size_t new_pages, int flags, char* to) {
    return (char*)syscall(SYS_mremap, from, old_pages * PAGE, new_pages * PAGE, flags, to);
}

static void remapped(void) {
    enum { MAY_MOVE = 1, FIXED = 2, DONT_UNMAP = 4 };
    char* hole = map(0, 2, RW, ANONYMOUS);
    munmap(hole, PAGE);
    refused("mremap of a hole", remap(hole, 1, 1, 0, 0));
    refused("shrunk", remap(hole, 2, 1, 0, 0));
    refused("grown", remap(hole, 1, 2, MAY_MOVE, 0));
    char* old = map(0, 4, RW, ANONYMOUS);
    memset(old, 'o', 4 * PAGE);
    refused("DONTUNMAP alone", remap(old, 1, 1, DONT_UNMAP, 0));
    refused("and grown", remap(old, 1, 2, MAY_MOVE | DONT_UNMAP, 0));
    refused("and shrunk", remap(old, 2, 1, MAY_MOVE | DONT_UNMAP, 0));
    refused("nothing of private memory", remap(old, 0, 1, MAY_MOVE, 0));
    refused("a new place that overlaps", remap(old, 2, 2, MAY_MOVE | FIXED | DONT_UNMAP, old + PAGE));
    char* fresh = remap(old, 4, 4, MAY_MOVE | DONT_UNMAP, 0);
    printf("elsewhere %d: %d here, %c there\n", fresh != old, old[0], fresh[3 * PAGE]);
    old[PAGE] = 'n';
    char* back = remap(fresh + PAGE, 1, 1, MAY_MOVE | FIXED | DONT_UNMAP, old + PAGE);
    printf("back %d: %c, left %d, beside it %c %d\n", back == old + PAGE, old[PAGE], fresh[PAGE], fresh[0], old[2 * PAGE]);
    char* shared = mmap(0, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared[0] = 's';
    char* again = remap(shared, 1, 1, MAY_MOVE | DONT_UNMAP, 0);
    printf("shared: %c %c\n", shared[0], again[0]);
    again = remap(shared, 0, 1, MAY_MOVE, 0);
    printf("once more: %c\n", again[0]);
}

static void later(void) {
    remapped();
    char* area = map(room(4), 2, RW, ANONYMOUS | MAP_FIXED);
    char* over = map(area + PAGE, 2, RW, ANONYMOUS | MAP_FIXED_NOREPLACE);
    refused("over a mapping", over);
    over = map(area + 2 * PAGE, 2, RW, ANONYMOUS | MAP_FIXED_NOREPLACE);
    printf("beside it %d\n", over == area + 2 * PAGE);
    area[0] = 'w';
    tell("MADV_FREE", madvise(area, PAGE, 8));
    area[PAGE] = 'w';
    tell("MADV_WIPEONFORK", madvise(area + PAGE, PAGE, 18));
    fflush(stdout);
    int status;
    if (fork() == 0) _exit(area[PAGE]);
    wait(&status);
    printf("wiped %d, kept %c\n", WEXITSTATUS(status) == 0, area[PAGE]);
    struct rlimit limit = {8 << 20, 8 << 20};
    fflush(stdout);
    if (fork() == 0) {
        setrlimit(RLIMIT_DATA, &limit);
        refused("RLIMIT_DATA binds private memory", mmap(0, 16 << 20, RW, ANONYMOUS, -1, 0));
        refused("not what cannot be written", mmap(0, 16 << 20, PROT_READ, ANONYMOUS, -1, 0));
        fflush(stdout);
        _exit(0);
    }
    wait(0);
}

int main(int argc, char** argv) {
    if (argc > 1 && strcmp(argv[1], "later") == 0) {
        later();
        return 0;
    }
    protection();
    written();
    hints();
    refusals();
    moved();
    advised();
    limits();
    return 0;
}
