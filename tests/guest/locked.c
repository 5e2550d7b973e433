/* RLIMIT_MEMLOCK, which binds those without CAP_IPC_LOCK. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KIB = 1024 };

static void tell(const char* what, long result) {
    int error = result == -1 ? errno : 0;
    printf("%s %s %d\n", what, error ? "refused" : "done", error);
}

static char* area(size_t size, int flags) {
    return mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void attempts(void) {
    char* memory = area(256 * KIB, 0);
    unsigned char in[2];
    tell("mlock 32 KiB", mlock(memory, 32 * KIB));
    mincore(memory + 28 * KIB, 8 * KIB, in);
    printf("there %d%d\n", in[0] & 1, in[1] & 1);
    tell("mlock 128 KiB", mlock(memory + 64 * KIB, 128 * KIB));
    tell("mlock 32 KiB more", mlock(memory + 64 * KIB, 32 * KIB));
    tell("one page more", mlock(memory + 128 * KIB, 4 * KIB));
    tell("MAP_LOCKED", (long)area(8 * KIB, MAP_LOCKED));
    tell("munlock", munlock(memory, 32 * KIB));
    tell("MAP_LOCKED again", (long)area(8 * KIB, MAP_LOCKED));
    tell("mremap", (long)mremap(memory + 64 * KIB, 32 * KIB, 256 * KIB, MREMAP_MAYMOVE));
    tell("madvise", madvise(memory + 64 * KIB, 4 * KIB, MADV_DONTNEED));
    tell("mlock unmapped", mlock((void*)0x10000, 4 * KIB));
    tell("mlockall", mlockall(MCL_CURRENT));
    tell("munlockall", munlockall());
}

static void withLimit(const char* who, rlim_t bytes, int privileged) {
    struct rlimit limit = {bytes, bytes};
    printf("%s, %ld KiB\n", who, (long)(bytes / KIB));
    fflush(stdout);
    if (fork() == 0) {
        setrlimit(RLIMIT_MEMLOCK, &limit);
        if (!privileged && setuid(65534)) _exit(1);
        attempts();
        fflush(stdout);
        _exit(0);
    }
    int status;
    wait(&status);
    printf("status %d\n", status);
}

int main(void) {
    withLimit("nobody", 64 * KIB, 0);
    withLimit("nobody", 0, 0);
    withLimit("root", 0, 1);
    return 0;
}
