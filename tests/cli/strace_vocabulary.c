// Calls whose arguments have names that few programs use. Results are not compared: much of it this kernel or the model lacks.
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define S(name, ...) syscall(SYS_##name, ##__VA_ARGS__)
#define P(...) S(prctl, ##__VA_ARGS__)
static char buffer[64];

static void identities(void) {
    const unsigned groups[3] = {3000000000u, 5, 4294967295u};
    S(chown, "/nothing", 3000000000L, 4294967295L), S(fchownat, -1L, "x", -1L, 4000000000L, 0L), S(setreuid, -1L, -1L), S(setresgid, -1L, -1L, -1L);
    S(setuid, -1L), S(setfsgid, -1L), S(setgroups, 2L, groups), S(getgroups, 2L, buffer), S(setgroups, 3L, groups), S(setgroups, 0L, 0L);
}

static void options(void) {
    for (long option = 33; option < 65; ++option)
        if (option != 36 && option != 38 && option != 41 && option != 53 && option != 57 && option != 59) P(option, -1L, 3L, 4L, 5L);
    P(6L, 1L), P(6L, 0L), P(33L, 1L, 1L, 0L, 0L), P(33L, 1L, 7L, 0L, 0L), P(33L, 0L, 1L, 0L, 0L), P(45L, 0L), P(45L, 3L);
    P(47L, 2L, 3L, 0L, 0L), P(47L, 4L, 3L, 0L, 0L), P(47L, 0L, 3L, 0L, 0L), P(50L, 0L), P(50L, 64L), P(50L, 1L << 18 | 64), P(50L, 1L << 18), P(63L, 64L);
    P(53L, 0L, 2L), P(53L, 7L, 4L), P(53L, 2L, 16L), P(53L, 2L, 3L), P(54L, 0L, 0L, 0L, 0L), P(54L, 3L, 0L, 0L, 0L), P(55L, 0L, 0L, 0L, 0L);
    P(55L, 1L, 0L, 0L, 0L), P(55L, 3L | 5 << 3, 0L, 0L, 0L), P(55L, 6L, 0L, 0L, 0L), P(59L, 0L, 0L, 0L, 0L), P(59L, 7L, 1L, 2L, buffer);
    P(60L, 3L, 1L, 0L, 0L), P(60L, 0L, 0L, 0L, 0L), P(62L, 1L, 5L, 1L, 0L), P(62L, 2L, -1L, 2L, 8L), P(26L, 99L), P(0x59616d61L, 0L), P(0x59616d61L, -1L);
    P(0x53564d41L, 0L, buffer, 5L, 0L);
}

// Names that end with what can be read.
static void names(void) {
    char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    strcpy(page + 4091, "abcd");
    P(15L, "0123456789abcdefghi"), P(15L, "0123456789abcde"), P(16L, buffer), P(15L, page + 4091), P(15L, page + 4096), P(16L, buffer), S(open, page + 4091, 0L);
    munmap(page, 4096);
}

static void files(void) {
    static const unsigned long mounts[] = {4096 | 32, 33, 8192, 1 << 20, 1 << 18, 0xc0ed0000, 0xc0ed0001, 0xc0ed0020, 4096 | 16384, 1 << 17, 0xc0ed1000, 0};
    struct { unsigned long flags, mode, resolve, more[2]; } how = {0, 0, 0, {1, 0}};
    long before = -1;
    for (unsigned i = 0; i < sizeof mounts / sizeof *mounts; ++i) S(mount, "a", "/nothing", "t", mounts[i], "o");
    S(fadvise64, -1L, -5L, -6L, 3L), S(fallocate, -1L, 4L, 0L, 0L), S(fallocate, -1L, 0x7fL, -1L, -5L), S(sendfile, -1L, -1L, &before, 5L);
    S(open, "/nothing", O_TMPFILE | O_RDWR, 0600L), S(openat, -100L, "/nothing", O_TMPFILE | O_RDWR, 0600L);
    S(openat2, -100L, "/nothing", &how, 24L), S(openat2, -100L, "/nothing", &how, 40L), how.more[0] = 0, S(openat2, -100L, "/nothing", &how, 40L);
    S(openat2, -100L, "/nothing", &how, 8L), S(pidfd_getfd, -1L, -1L, 0L), S(semop, -1L, 0L, 0L);
}

static void times_and_places(void) {
    S(clock_gettime, -6L, 0L), S(clock_gettime, 0x100000002L, 0L), S(timerfd_create, 0x100000001L, 0x80800L), S(timerfd_create, -1L, 2L);
    S(set_mempolicy, 5L, 0L, 0L), S(set_mempolicy, 6L, 0L, 0L), S(set_mempolicy, 2L | 7 << 13, 0L, 0L), S(set_mempolicy, 1L << 20, 0L, 0L);
    S(mbind, 8L, 4096L, 3L | 1 << 14, 0L, 0L, 7L), S(personality, 12L), S(personality, 15L), S(personality, 17L), S(personality, 0L);
}

static void tracing(void) {
    const struct iovec vector = {buffer, 9};
    for (long request = 1; request < 35; ++request) S(ptrace, request, -1L, 1L, 3L);
    for (long request = 0x4200; request < 0x4211; ++request) S(ptrace, request, -1L, 1L, 0x100L);
    S(ptrace, 0x4200L, -1L, 0L, 0x3000ffL), S(ptrace, 0x4200L, -1L, 0L, 0L), S(ptrace, 6L, -1L, 1000L, 0L), S(ptrace, 3L, -1L, 0L, buffer);
    for (long place = 200; place < 930; place += 12) S(ptrace, 3L, -1L, place, 0L);
    for (long set = 1; set < 8; ++set) S(ptrace, 0x4204L, -1L, set, &vector);
    S(ptrace, 0x4205L, -1L, 0x202L, &vector);
}

int main(void) {
    identities(), options(), names(), files(), times_and_places(), tracing();
    return 0;
}
