/* Pipes: order of bytes, end of file, more than fits, EPIPE, EAGAIN. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void moreThanFits(void) {
    int ends[2], status;
    static char block[10000];
    if (pipe(ends)) return;
    if (fork() == 0) {
        close(ends[0]);
        for (int i = 0; i < 50; i++) {
            memset(block, 'a' + i % 26, sizeof block);
            if (write(ends[1], block, sizeof block) != sizeof block) _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    unsigned long total = 0, sum = 0;
    for (ssize_t got; (got = read(ends[0], block, sizeof block)) > 0; total += got)
        for (ssize_t i = 0; i < got; i++) sum = sum * 31 + (unsigned char)block[i];
    wait(&status);
    printf("read %lu sum %lx child %d\n", total, sum, status);
    close(ends[0]);
}

static void brokenPipe(void) {
    int ends[2];
    if (pipe(ends)) return;
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    ssize_t done = write(ends[1], "x", 1);
    printf("write to nobody: %zd %s\n", done, errno == EPIPE ? "EPIPE" : "?");
    fflush(stdout);
    int status;
    if (fork() == 0) {
        signal(SIGPIPE, SIG_DFL);
        if (write(ends[1], "x", 1)) _exit(1);
        _exit(2);
    }
    wait(&status);
    printf("without handler: signal %d\n", WTERMSIG(status));
    close(ends[1]);
}

static void nonBlocking(void) {
    int ends[2];
    char c;
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC)) return;
    ssize_t got = read(ends[0], &c, 1);
    printf("empty: %zd %s\n", got, errno == EAGAIN ? "EAGAIN" : "?");
    static char block[4096];
    long filled = 0;
    while (write(ends[1], block, sizeof block) > 0) filled += sizeof block;
    printf("full after %ld: %s\n", filled, errno == EAGAIN ? "EAGAIN" : "?");
    printf("flags %d %d\n", fcntl(ends[0], F_GETFD), fcntl(ends[0], F_GETFL) & O_NONBLOCK ? 1 : 0);
    struct pollfd ready[2] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}};
    int events = poll(ready, 2, 0);
    printf("poll %d in %d out %d\n", events, ready[0].revents, ready[1].revents);
}

int main(void) {
    moreThanFits();
    brokenPipe();
    nonBlocking();
    return 0;
}
