// What few programs ask for: I/O priorities, NUMA policies, /proc/locks, groups of a peer, O_ASYNC, and reads that end in a bad address.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
enum { PROCESS = 1, GROUP, USER, RT = 1 << 13, BE = 2 << 13, IDLE = 3 << 13 };
enum { DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL, STATIC = 1 << 15, RELATIVE = 1 << 14, NODE = 1, ADDR = 2, ALLOWED = 4 };
static int later;                                   // than v3.10

static void say(const char *what, long result) { printf("%-32s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }
static long set(int who, int id, int value) { return syscall(SYS_ioprio_set, who, id, value); }
static long get(int who, int id) { return syscall(SYS_ioprio_get, who, id); }

static void priorities(void) {
    setpgid(0, 0);
    set(PROCESS, 0, 0);                             // natively it may have inherited one
    say("none", get(PROCESS, 0));
    say("of the group", get(GROUP, 0));
    say("best effort", set(PROCESS, 0, BE | 7));
    say("shown", get(PROCESS, 0));
    say("of a child", fork() ? (wait(NULL), 0) : (say("inherited", get(PROCESS, 0)), set(PROCESS, 0, IDLE), _exit(0), 0));
    say("kept", get(PROCESS, getpid()));
    say("real time", set(PROCESS, 0, RT | 2));
    say("the best of all", get(GROUP, 0));
    say("idle", set(GROUP, 0, IDLE));
    say("shown", get(PROCESS, 0));
    say("none with a level", set(PROCESS, 0, 3));
    say("no such class", set(PROCESS, 0, 4 << 13));
    say("nobody", set(PROCESS, 999999, BE));
    say("nobody", get(PROCESS, 999999));
    say("no such kind", get(7, 0));
    say("none", set(PROCESS, 0, 0));
}

static void policy(const char *what, unsigned long addr, unsigned long flags) {
    int mode = -1;
    unsigned long nodes[3] = {7, 7, 7};
    say(what, syscall(SYS_get_mempolicy, &mode, nodes, 129, addr, flags));
    printf("  mode %x nodes %lx %lx %lx\n", mode, nodes[0], nodes[1], nodes[2]);
}
static void policies(void) {
    unsigned long first = 1, second = 2, many[17] = {[16] = 1};
    char *area = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const unsigned long at = (unsigned long)area;
    policy("default", 0, 0);
    policy("allowed", 0, ALLOWED);
    say("bind", syscall(SYS_set_mempolicy, BIND, &first, 64));
    policy("shown", 0, 0);
    say("in a child", fork() ? (wait(NULL), 0) : (policy("inherited", 0, 0), _exit(0), 0));
    say("interleave, static", syscall(SYS_set_mempolicy, INTERLEAVE | STATIC, &first, 64));
    policy("shown", 0, 0);
    say("interleave", syscall(SYS_set_mempolicy, INTERLEAVE, &first, 64));
    policy("next node", 0, NODE);
    area[0] = 1;
    policy("node of a page", at, NODE | ADDR);
    policy("of a page", at, ADDR);
    say("local", syscall(SYS_set_mempolicy, LOCAL, 0, 0));
    if (later) policy("shown", 0, 0);
    policy("not interleaved", 0, NODE);
    policy("no area", 16, ADDR);
    policy("an address without a flag", at, 0);
    policy("bad flags", 0, 64);
    policy("allowed and a node", 0, ALLOWED | NODE);
    say("a node that is not there", syscall(SYS_set_mempolicy, BIND, &second, 64));
    say("no node", syscall(SYS_set_mempolicy, BIND, 0, 0));
    say("default with a node", syscall(SYS_set_mempolicy, DEFAULT, &first, 64));
    say("local with a node", syscall(SYS_set_mempolicy, LOCAL, &first, 64));
    say("both flags", syscall(SYS_set_mempolicy, BIND | STATIC | RELATIVE, &first, 64));
    say("no such mode", syscall(SYS_set_mempolicy, 99, &first, 64));
    say("too many nodes", syscall(SYS_set_mempolicy, BIND, many, sizeof many * 8 + 1));
    say("bad pointer", syscall(SYS_set_mempolicy, BIND, 8, 64));
    say("default", syscall(SYS_set_mempolicy, DEFAULT, 0, 0));
    policy("shown", 0, 0);
    say("mbind", syscall(SYS_mbind, area, 8192, BIND, &first, 64, 0));
    say("mbind nothing", syscall(SYS_mbind, area, 0, BIND, &first, 64, 0));
    say("mbind not a page", syscall(SYS_mbind, area + 1, 1, BIND, &first, 64, 0));
    say("mbind flags", syscall(SYS_mbind, area, 1, BIND, &first, 64, 64));
    say("mbind no node", syscall(SYS_mbind, area, 1, BIND, 0, 0, 0));
    munmap(area + 4096, 4096);
    say("mbind a gap", syscall(SYS_mbind, area, 8192, BIND, &first, 64, 0));
    say("mbind default", syscall(SYS_mbind, area, 4096, DEFAULT, 0, 0, 0));
}

// What is looked at first of arguments that are wrong twice.
static void wrongTwice(void) {
    const gid_t nobody[] = {1, (gid_t)-1};
    say("setgroups to -1", syscall(SYS_setgroups, 2, nobody));
    say("sendfile from nowhere", syscall(SYS_sendfile, -1, -1, (void *)8, 5));
    say("flock of nothing", syscall(SYS_flock, -1, LOCK_EX));
    int ends[2];
    long start = 0, before = -1, late = INT64_MAX - 15;
    pipe(ends);
    const int file = open("/tmp/seldom", O_RDWR | O_CREAT, 0600);
    say("sendfile of a pipe at a place", syscall(SYS_sendfile, -1, ends[0], &start, 1));
    say("sendfile before the start", syscall(SYS_sendfile, -1, file, &before, 1));
    say("sendfile past all ends", syscall(SYS_sendfile, -1, file, &late, 64));
    say("sendfile of too much", syscall(SYS_sendfile, file, file, NULL, -1L));
    say("sendfile of a pipe to nowhere", syscall(SYS_sendfile, -1, ends[0], NULL, 1));
    close(ends[0]), close(ends[1]), close(file), unlink("/tmp/seldom");
    if (!later) return;
    say("flock of nothing, not at all", syscall(SYS_flock, -1, 0x40000000));
    say("flock as of old", syscall(SYS_flock, -1, 32));
    say("advice to collapse nothing", syscall(SYS_madvise, 0, 0, 25));
}

// The locks of one file, without its number, which is not the same everywhere.
static void locks(void) {
    char line[128];
    struct stat s;
    const int fd = open("/tmp/seldom", O_RDWR | O_CREAT, 0600);
    struct flock l = {.l_type = F_WRLCK, .l_start = 10, .l_len = 5};
    flock(fd, LOCK_EX);
    fcntl(fd, F_SETLK, &l);
    fstat(fd, &s);
    FILE *f = fopen("/proc/locks", "r");
    while (fgets(line, sizeof line, f)) {
        char kind[16], advisory[16], how[16], end[32];
        int number, pid, major, minor;
        unsigned long ino, start;
        if (sscanf(line, "%d: %s %s %s %d %x:%x:%lu %lu %s", &number, kind, advisory, how, &pid, &major, &minor, &ino, &start, end) != 10) continue;
        if (ino == s.st_ino) printf("%s %s %s %d %lu %s\n", kind, advisory, how, pid == getpid(), start, end);
    }
    fclose(f), close(fd), unlink("/tmp/seldom");
}

static void groups(void) {
    int pair[2], length = 0;
    gid_t of_peer[4] = {0}, own[] = {5, 7, 9};
    setgroups(3, own);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    setgroups(0, NULL);
    say("room", getsockopt(pair[0], SOL_SOCKET, SO_PEERGROUPS, of_peer, (socklen_t *)&length));
    printf("  needs %d\n", length);
    say("groups of the peer", getsockopt(pair[0], SOL_SOCKET, SO_PEERGROUPS, of_peer, (socklen_t *)&length));
    printf("  %d: %u %u %u\n", length, of_peer[0], of_peer[1], of_peer[2]);
    say("set", setsockopt(pair[0], SOL_SOCKET, SO_PEERGROUPS, of_peer, sizeof of_peer));
    say("of nobody", getsockopt(socket(AF_UNIX, SOCK_STREAM, 0), SOL_SOCKET, SO_PEERGROUPS, of_peer, (socklen_t *)&length));
}

// What could not be handed over is still in the pipe.
static void badAddresses(void) {
    int p[2];
    char *volatile nowhere = (char *)16, got[16] = "", *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    pipe(p);
    write(p[1], "abcdefgh", 8);
    say("nowhere", read(p[0], nowhere, 8));
    say("at the end of a page", read(p[0], page + 4092, 8));
    const struct iovec pieces[] = {{got, 3}, {got + 4, 0}, {got + 4, 3}, {got + 8, 8}}, bad[] = {{got, 1}, {nowhere, 1}};
    say("one good, one bad", readv(p[0], bad, 2));
    say("in pieces", readv(p[0], pieces, 4));
    printf("  %s %s %s\n", got, got + 4, got + 8);
}

// Only what can send SIGIO takes O_ASYNC.
static void asynchronous(void) {
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/urandom", "/dev/ptmx", "/proc/self/status", "/"};
    int fds[12], count = 0, on = 1;
    for (unsigned i = 0; i < sizeof devices / sizeof *devices; ++i) fds[count++] = open(devices[i], O_RDONLY);
    pipe(fds + count), count += 2;
    socketpair(AF_UNIX, SOCK_STREAM, 0, fds + count), count += 2;
    fds[count++] = eventfd(0, 0);
    fds[count++] = inotify_init();
    for (int i = 0; i < count; ++i) {
        say("FIOASYNC", ioctl(fds[i], FIOASYNC, &on));
        const int flags = fcntl(fds[i], F_GETFL);
        say("F_SETFL", fcntl(fds[i], F_SETFL, flags ^ O_ASYNC));
        printf("  %#x, then %#x\n", flags & O_ASYNC, fcntl(fds[i], F_GETFL) & O_ASYNC);
        close(fds[i]);
    }
}

int main(int argc, char **argv) {
    later = argc > 1 && argv[1][0] == 'l';
    setvbuf(stdout, NULL, _IOLBF, 0);
    priorities();
    policies();
    locks();
    wrongTwice();
    if (later) groups();
    badAddresses();
    asynchronous();
    return 0;
}
