// fcntl(2): record locks of processes and of open files, owners, pipe sizes.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH "/tmp/record-locks"

static pid_t self;
static const char *who(pid_t pid) { return pid == self ? "parent" : pid == -1 ? "-1" : pid ? "other" : "0"; }
static void say(const char *what, long result) { printf("%-28s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }

static int lock(int fd, int cmd, int type, long start, long len) {
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    return fcntl(fd, cmd, &l);
}
static void show(int fd, int cmd, int type, long start, long len) {
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    int r = fcntl(fd, cmd, &l);
    printf("  %s %ld+%ld: %d type %d whence %d at %ld+%ld of %s\n", type == F_RDLCK ? "read" : "write", start, len, r, l.l_type, l.l_whence,
           (long)l.l_start, (long)l.l_len, who(l.l_pid));
}
static int in_child(void (*f)(int), int fd) {       // one that has no locks
    fflush(stdout);
    pid_t child = fork();
    int status = 0;
    if (!child) {
        f(fd);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return status;
}
static void map(int fd) {                           // each run of bytes that is locked
    for (long at = 0; at < 500;) {
        struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 500 - at};
        fcntl(fd, F_GETLK, &l);
        if (l.l_type == F_UNLCK) break;
        printf("  [%ld+%ld %s]", (long)l.l_start, (long)l.l_len, l.l_type == F_RDLCK ? "read" : "write");
        if (!l.l_len) break;
        at = l.l_start + l.l_len;
    }
    printf("\n");
}

static int later;
static void tries(int fd) {
    say("child write 0+1", lock(fd, F_SETLK, F_WRLCK, 0, 1));
    say("child read 0+1", lock(fd, F_SETLK, F_RDLCK, 0, 1));
    say("child write 200+1", lock(fd, F_SETLK, F_WRLCK, 200, 1));
    show(fd, F_GETLK, F_RDLCK, 0, 0);
    show(fd, F_GETLK, F_WRLCK, 10, 5);
    if (later) show(fd, F_OFD_GETLK, F_WRLCK, 10, 5);
}
static void after_exec(int fd) {
    char number[12], name[4] = "-x";
    snprintf(number, sizeof number, "%d", fd);
    lock(fd, F_SETLK, F_WRLCK, 300, 10);
    execl("/proc/self/exe", name, "held", number, (char *)0);
}
static void closes(int fd) {                        // any descriptor of the file ends all its locks
    lock(fd, F_SETLK, F_WRLCK, 400, 10);
    int again = open(PATH, O_RDONLY);
    in_child(map, fd);
    struct flock l = {.l_type = F_WRLCK, .l_start = 400, .l_len = 1};
    close(again);
    fflush(stdout);
    if (!fork()) fcntl(fd, F_GETLK, &l), printf("after the close: %s\n", l.l_type == F_UNLCK ? "free" : "held"), fflush(stdout), _exit(0);
    wait(0);
}
static void waits(int fd) { say("child waited", lock(fd, F_SETLKW, F_WRLCK, 0, 1)); }
static void ring(int sig) { (void)sig; }
static void interrupted(int fd) {
    struct sigaction sa = {.sa_handler = ring};
    sigaction(SIGALRM, &sa, 0);
    ualarm(20000, 0);
    say("interrupted", lock(fd, F_SETLKW, F_WRLCK, 0, 1));
}
static void deadlock(int fd) {
    int ready[2];
    char c;
    pipe(ready);
    lock(fd, F_SETLK, F_WRLCK, 1000, 1);
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        lock(fd, F_SETLK, F_WRLCK, 1001, 1);
        write(ready[1], "x", 1);
        int r = lock(fd, F_SETLKW, F_WRLCK, 1000, 1);
        _exit(r ? errno : 0);
    }
    read(ready[0], &c, 1);
    usleep(30000);
    say("deadlock", lock(fd, F_SETLKW, F_WRLCK, 1001, 1));
    lock(fd, F_SETLK, F_UNLCK, 1000, 1);
    int status;
    waitpid(child, &status, 0);
    printf("the other one got it: %d\n", WEXITSTATUS(status));
    close(ready[0]), close(ready[1]);
}

static void open_files(int fd) {
    int a = open(PATH, O_RDWR), b = open(PATH, O_RDWR), c = dup(a), read_only = open(PATH, O_RDONLY);
    say("ofd write a", lock(a, F_OFD_SETLK, F_WRLCK, 2000, 100));
    say("ofd write b", lock(b, F_OFD_SETLK, F_WRLCK, 2050, 10));
    say("process write", lock(fd, F_SETLK, F_WRLCK, 2050, 10));
    show(b, F_OFD_GETLK, F_WRLCK, 2000, 200);
    show(fd, F_GETLK, F_WRLCK, 2000, 200);
    struct flock l = {.l_type = F_WRLCK, .l_pid = 1};
    say("ofd with a pid", fcntl(b, F_OFD_SETLK, &l));
    close(c);
    say("ofd write b, c closed", lock(b, F_OFD_SETLK, F_WRLCK, 2050, 10));
    close(a);
    say("ofd write b, a closed", lock(b, F_OFD_SETLK, F_WRLCK, 2050, 10));
    say("ofd write, read-only", lock(read_only, F_OFD_SETLK, F_WRLCK, 0, 1));
    close(b), close(read_only);
}

static void owners(void) {
    int p[2];
    struct { int type, pid; } owner = {F_OWNER_PGRP, getpgrp()};
    pipe(p);
    say("owner of nobody", fcntl(p[0], F_GETOWN));
    say("set owner", fcntl(p[0], F_SETOWN, getpid()));
    printf("owner is %s\n", who(fcntl(p[0], F_GETOWN)));
    say("set owner, nobody", fcntl(p[0], F_SETOWN, 4000000));
    say("set owner ex", fcntl(p[0], F_SETOWN_EX, &owner));
    say("bad type", (owner.type = 7, fcntl(p[0], F_SETOWN_EX, &owner)));
    printf("get owner ex %d type %d same %d\n", fcntl(p[0], F_GETOWN_EX, &owner), owner.type, owner.pid == getpgrp());
    say("signal", fcntl(p[0], F_GETSIG));
    say("set signal", fcntl(p[0], F_SETSIG, SIGUSR1));
    say("signal", fcntl(p[0], F_GETSIG));
    say("bad signal", fcntl(p[0], F_SETSIG, 65));
    say("pipe size", fcntl(p[0], F_GETPIPE_SZ));
    say("set pipe size 5000", fcntl(p[1], F_SETPIPE_SZ, 5000));
    say("set pipe size 0", fcntl(p[1], F_SETPIPE_SZ, 0));
    write(p[1], "abc", 3);
    say("bigger", fcntl(p[1], F_SETPIPE_SZ, 65536));
    say("size of a file", fcntl(open("/proc/self/exe", O_RDONLY), F_GETPIPE_SZ));
}

int main(int argc, char **argv) {
    self = getpid();
    later = argc == 2;
    if (argc == 3) {                                // after exec: the lock is still there
        int fd = argv[2][0] - '0';
        return in_child(map, fd);
    }
    int fd = open(PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ftruncate(fd, 100);
    say("write 0+100", lock(fd, F_SETLK, F_WRLCK, 0, 100));
    say("read 20+10", lock(fd, F_SETLK, F_RDLCK, 20, 10));
    in_child(map, fd);
    say("unlock 50+10", lock(fd, F_SETLK, F_UNLCK, 50, 10));
    in_child(map, fd);
    say("write 20+10", lock(fd, F_SETLK, F_WRLCK, 20, 10));
    say("write 50+10", lock(fd, F_SETLK, F_WRLCK, 50, 10));
    in_child(map, fd);
    say("write 100+0", lock(fd, F_SETLK, F_WRLCK, 100, 0));
    in_child(map, fd);
    say("unlock 110+0", lock(fd, F_SETLK, F_UNLCK, 110, 0));
    in_child(tries, fd);
    in_child(interrupted, fd);
    fflush(stdout);
    pid_t child = fork();
    if (!child) waits(fd), fflush(stdout), _exit(0);
    usleep(20000);
    say("unlock all", lock(fd, F_SETLK, F_UNLCK, 0, 0));
    wait(0);
    struct flock end = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -10, .l_len = 5}, back = {.l_type = F_RDLCK, .l_start = 50, .l_len = -20};
    say("from the end", fcntl(fd, F_SETLK, &end));
    say("backwards", fcntl(fd, F_SETLK, &back));
    in_child(map, fd);
    say("before the beginning", lock(fd, F_SETLK, F_WRLCK, -1, 1));
    say("beyond the end", lock(fd, F_SETLK, F_WRLCK, 1, 0x7fffffffffffffff));
    say("backwards too far", lock(fd, F_SETLK, F_WRLCK, 5, -6));
    say("bad type", lock(fd, F_SETLK, 7, 0, 1));
    say("get unlocked", lock(fd, F_GETLK, F_UNLCK, 0, 1));
    say("bad pointer", fcntl(fd, F_SETLK, (void *)8));
    end.l_whence = 9;
    say("bad whence", fcntl(fd, F_SETLK, &end));
    int path = open(PATH, O_PATH), read_only = open(PATH, O_RDONLY);
    say("O_PATH", lock(path, F_SETLK, F_RDLCK, 0, 1));
    say("read-only", lock(read_only, F_SETLK, F_WRLCK, 0, 1));
    close(path), close(read_only);
    in_child(closes, fd);
    in_child(after_exec, fd);
    deadlock(fd);
    if (later) open_files(fd);                      // since 3.15
    owners();
    say("lease", fcntl(fd, F_GETLEASE));
    say("no such command", fcntl(fd, 999, 0));
    unlink(PATH);
    return 0;
}
