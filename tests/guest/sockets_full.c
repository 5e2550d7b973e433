/* Messages that nobody reads take no more than the machine's memory; its end is an error, not the end of the emulator. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static char big[30000];
static int fds[2000], used;

static int fill(int type) {
    int s[2];
    if (socketpair(AF_UNIX, type, 0, s)) return errno;
    fds[used++] = s[0], fds[used++] = s[1];
    for (int i = 0; i < 2; ++i)
        while (send(s[i], big, sizeof big, MSG_DONTWAIT) > 0) {}
    return errno;
}

int main(void) {
    struct rlimit r;
    getrlimit(RLIMIT_NOFILE, &r);
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    for (int type = SOCK_STREAM; type <= SOCK_DGRAM; ++type) {
        int error = EAGAIN;
        while (error == EAGAIN && used < 1000) error = fill(type);
        printf("type %d: ended by %s, pairs less than 100: %d\n", type, strerror(error), used < 200);
        while (used) close(fds[--used]);
    }
    int n = 0;
    while (used < 2000 && (fds[used] = socket(AF_INET, SOCK_DGRAM, 0)) >= 0) ++used, ++n;
    printf("sockets: %d\n", n);
    while (used) close(fds[--used]);
    /* connections that were never let in leave nothing behind */
    int l = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a;
    socklen_t size = sizeof a;
    listen(l, 0);
    getsockname(l, (struct sockaddr *)&a, &size);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (n = 0; n < 20000; ++n) {
        int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(c, (struct sockaddr *)&a, sizeof a) == 0 || errno != EINPROGRESS) break;
        if (n) close(c);
    }
    printf("%d tries, errno %d\n", n, errno);
    /* small pieces are packed */
    int s = accept(l, 0, 0), c = socket(AF_INET, SOCK_STREAM, 0), t;
    connect(c, (struct sockaddr *)&a, sizeof a);
    t = accept(l, 0, 0);
    for (n = 0; n < 200000 && send(c, "x", 1, MSG_DONTWAIT) == 1; ++n) {}
    printf("single bytes: %d, read %d\n", n, (int)recv(t, big, 20000, MSG_WAITALL));
    close(s), close(c), close(t), close(l);
    return 0;
}
