// What Linux 3.10 had not: each number above its last one is ENOSYS; newer commands and flags of older calls are refused.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *what, long result) { printf("%-20s %ld%s%s\n", what, result, result < 0 ? " " : "", result < 0 ? strerror(errno) : ""); }

int main(void) {
    int others = 0, pair[2];
    char text[4096] = "";
    socklen_t length = sizeof text;
    for (long number = 314; number < 460; number++) {       // finit_module (3.8) is the last one
        errno = 0;
        if (syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) == -1 && errno == ENOSYS) continue;
        printf("%ld: %s\n", number, strerror(errno));
        others++;
    }
    printf("%d others\n", others);
    const int fd = open("/tmp/older", O_RDWR | O_CREAT, 0600);
    struct flock l = {.l_type = F_WRLCK};
    say("OFD lock", fcntl(fd, 37 /* F_OFD_SETLK */, &l));
    say("seals", fcntl(fd, 1034 /* F_GET_SEALS */));
    say("O_TMPFILE", open("/tmp", 020200000 | O_RDWR, 0600));
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    say("SO_PEERGROUPS", getsockopt(pair[0], SOL_SOCKET, 59, text, &length));
    say("fdinfo", pread(open("/proc/self/fdinfo/0", O_RDONLY), text, sizeof text - 1, 0) > 0 && strstr(text, "mnt_id") == NULL);
    say("thread-self", access("/proc/thread-self", F_OK));
    say("LOCK_MAND", flock(fd, 32 | 64 /* LOCK_MAND, LOCK_READ */));
    const ssize_t n = read(open("/proc/locks", O_RDONLY), text, sizeof text - 1);
    say("is told", n > 0 && strstr(text, "FLOCK  MSNFS     READ  ") != NULL);
    say("and is no obstacle", flock(open("/tmp/older", O_RDWR), LOCK_EX | LOCK_NB));
    say("no lock, no access", flock(open("/tmp/older", O_ACCMODE), 0x40000000));
    say("no lock", flock(fd, 0x40000000));
    unlink("/tmp/older");
    return 0;
}
