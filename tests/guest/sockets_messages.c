/* AF_UNIX messages: datagrams, sequenced packets, descriptors and credentials on the way, options. Errnos as numbers. */
#define _GNU_SOURCE
#include "sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

static char big[400000];
static void *volatile bad = (void *)16;

static void polled(const char *when, int fd) {
    struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    int n = poll(&p, 1, 0);
    printf("%s: poll %d %#x\n", when, n, p.revents);
}

static void pairs(int type) {
    int s[2], n = -1;
    char b[100] = "";
    printf("-- type %d\n", type);
    SHOW(socketpair(AF_UNIX, type, 0, s));
    polled("fresh", s[0]);
    SHOW(send(s[0], "first", 5, 0));
    SHOW(send(s[0], "", 0, 0));
    SHOW(writev(s[0], (struct iovec[]){{"sec", 3}, {"ond", 3}}, 2));
    SHOW(ioctl(s[1], FIONREAD, &n));
    printf("FIONREAD %d\n", n);
    SHOW(recv(s[1], b, 3, MSG_PEEK | MSG_TRUNC));
    struct iovec v = {b, 3};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    SHOW(recvmsg(s[1], &m, 0));
    printf("flags %#x\n", m.msg_flags);
    SHOW(read(s[1], b, 100));
    SHOW(readv(s[1], (struct iovec[]){{b, 2}, {b + 10, 20}}, 2));
    printf("%.2s %.4s\n", b, b + 10);
    SHOW(recv(s[1], b, 1, MSG_DONTWAIT));
    SHOW(send(s[0], big, sizeof big, 0));
    SHOW(send(s[0], bad, 10, 0));
    SHOW(send(s[0], "lost", 4, 0));
    SHOW(recv(s[1], bad, 4, 0));
    SHOW(recv(s[1], b, 4, MSG_DONTWAIT));
    SHOW(send(s[0], big, 150000, 0));
    SHOW(read(s[1], big, sizeof big));
    fcntl(s[0], F_SETFL, O_NONBLOCK);
    for (int size = 1; size < 200000; size = size * 9 + 1) {
        long count = 0, got = 0;
        while (write(s[0], big, size) >= 0) ++count;
        int e = errno, out;
        ioctl(s[0], TIOCOUTQ, &out);
        printf("messages of %d: %ld, errno %d, counted %d\n", size, count, e, out);
        polled("full", s[0]);
        while (recv(s[1], big, sizeof big, MSG_DONTWAIT) >= 0) ++got;
        printf("got %ld\n", got);
    }
    SHOW(write(s[0], "end", 3));
    SHOW(shutdown(s[0], SHUT_WR));
    polled("peer shut", s[1]);
    SHOW(send(s[0], "x", 1, MSG_NOSIGNAL));
    SHOW(recv(s[1], b, 10, 0));
    SHOW(recv(s[1], b, 10, MSG_DONTWAIT));
    SHOW(shutdown(s[1], SHUT_RD));
    SHOW(recv(s[1], b, 10, 0));
    polled("shut", s[1]);
    close(s[0]);
    polled("peer closed", s[1]);
    SHOW(send(s[1], "x", 1, MSG_NOSIGNAL));
    SHOW(send(s[1], "x", 1, MSG_NOSIGNAL));
    close(s[1]);
}

static void datagrams(void) {
    struct sockaddr_un a, b, from;
    socklen_t na = abstract(&a, "dgram.a"), nb = abstract(&b, "dgram.b"), l = sizeof from;
    int s = socket(AF_UNIX, SOCK_DGRAM, 0), t = socket(AF_UNIX, SOCK_DGRAM, 0), u = socket(AF_UNIX, SOCK_RAW, 0);
    char text[100] = "";
    SHOW(bind(s, (struct sockaddr *)&a, na));
    SHOW(listen(s, 1));
    SHOW(accept(s, 0, 0));
    SHOW(send(t, "x", 1, 0));
    polled("unconnected", t);
    SHOW(sendto(t, "no name", 7, 0, (struct sockaddr *)&a, na));
    SHOW(sendto(t, "x", 1, 0, (struct sockaddr *)&b, nb));
    SHOW(recvfrom(s, text, 100, 0, (struct sockaddr *)&from, &l));
    printf("%s from %d\n", text, (int)l);
    SHOW(bind(t, (struct sockaddr *)&b, nb));
    SHOW(connect(t, (struct sockaddr *)&a, na));
    SHOW(write(t, "connected", 9));
    l = sizeof from;
    SHOW(recvfrom(s, text, 100, 0, (struct sockaddr *)&from, &l));
    printf("%s from %s\n", text, l == nb && !memcmp(&from, &b, l) ? "b" : "another");
    SHOW(connect(s, (struct sockaddr *)&b, nb));
    SHOW(sendto(u, "x", 1, 0, (struct sockaddr *)&a, na));
    SHOW(connect(u, (struct sockaddr *)&a, na));
    struct sockaddr none = {AF_UNSPEC, ""};
    SHOW(connect(s, &none, sizeof none));
    SHOW(write(s, "x", 1));
    int kind = 0;
    l = sizeof kind;
    SHOW(getsockopt(u, SOL_SOCKET, SO_TYPE, &kind, &l));
    printf("SOCK_RAW is %d\n", kind);
    fcntl(t, F_SETFL, O_NONBLOCK);
    int n = 0;
    while (write(t, "x", 1) == 1) ++n;
    printf("queue of %d, errno %d\n", n, errno);
    polled("full", t);
    if (!fork()) {
        usleep(50000);
        read(s, text, 1);
        _exit(0);
    }
    struct pollfd p = {t, POLLOUT, 0};
    SHOW(poll(&p, 1, 3000));
    wait(0);
    SHOW(write(t, "x", 1));
    fcntl(t, F_SETFL, 0);
    setsockopt(t, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){0, 20000}, sizeof(struct timeval));
    SHOW(write(t, "x", 1));
    if (!fork()) {
        usleep(50000);
        read(s, text, 1);
        _exit(0);
    }
    setsockopt(t, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){0, 0}, sizeof(struct timeval));
    SHOW(write(t, "x", 1));
    wait(0);
    close(s);
    SHOW(write(t, "x", 1));
    SHOW(write(t, "x", 1));
    close(t), close(u);
}

static void packets(void) {
    struct sockaddr_un a;
    socklen_t n = abstract(&a, "packets");
    int l = socket(AF_UNIX, SOCK_SEQPACKET, 0), c = socket(AF_UNIX, SOCK_SEQPACKET, 0), t = socket(AF_UNIX, SOCK_STREAM, 0);
    char b[20] = "";
    SHOW(read(c, b, 1));
    SHOW(write(c, b, 1));
    polled("unconnected", c);
    bind(l, (struct sockaddr *)&a, n), listen(l, 2);
    SHOW(connect(t, (struct sockaddr *)&a, n));
    SHOW(connect(c, (struct sockaddr *)&a, n));
    SHOW(write(c, "one", 3));
    SHOW(write(c, "two", 3));
    int s = accept(l, 0, 0);
    SHOW(read(s, b, 20));
    SHOW(sendto(s, "ignored name", 12, 0, (struct sockaddr *)&a, 3));
    SHOW(read(c, b, 20));
    close(s);
    SHOW(read(c, b, 20));
    SHOW(read(c, b, 20));
    close(l), close(c), close(t);
}

static union { char room[256]; struct cmsghdr align; } control;
static long sendFds(int s, const int *fds, int n, const char *text) {
    struct iovec v = {(void *)text, strlen(text)};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = CMSG_SPACE(n * sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(n * sizeof(int));
    memcpy(CMSG_DATA(c), fds, n * sizeof(int));
    return syscall(SYS_sendmsg, s, &m, 0);
}
/* What arrives, its control messages shown; the first descriptor. */
static int receive(int s, unsigned room, int flags) {
    char b[200] = "";
    int first = -1;
    struct iovec v = {b, sizeof b - 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = room};
    memset(&control, 0, sizeof control);
    errno = 0;
    long n = recvmsg(s, &m, flags);
    printf("received %ld '%s' errno %d, flags %#x, control %d:", n, b, errno, m.msg_flags, (int)m.msg_controllen);
    for (struct cmsghdr *c = n >= 0 ? CMSG_FIRSTHDR(&m) : 0; c; c = CMSG_NXTHDR(&m, c)) {
        printf(" [%d %d length %d", c->cmsg_level, c->cmsg_type, (int)c->cmsg_len);
        if (c->cmsg_type == SCM_CREDENTIALS) {
            struct ucred *u = (struct ucred *)CMSG_DATA(c);
            printf(" pid %s uid %d gid %d", u->pid == getpid() ? "own" : u->pid == 0 ? "0" : "another", u->uid, u->gid);
        }
        for (unsigned i = 0; c->cmsg_type == SCM_RIGHTS && CMSG_LEN(i * 4) < c->cmsg_len; ++i) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * 4, 4);
            if (first < 0) first = fd;
            printf(" fd %d flags %d", fd, fcntl(fd, F_GETFD));
            if (i) close(fd);
        }
        printf("]");
    }
    printf("\n");
    return first;
}

static void rights(int type) {
    int s[2], p[2], many[300];
    printf("-- rights, type %d\n", type);
    socketpair(AF_UNIX, type, 0, s);
    pipe(p);
    SHOW(sendFds(s[0], (int[]){p[0], p[1]}, 2, "two"));
    close(p[0]), close(p[1]);
    int fd = receive(s[1], 256, MSG_PEEK);
    close(fd);
    fd = receive(s[1], 256, MSG_CMSG_CLOEXEC);
    char b[10] = "";
    SHOW(read(fd, b, 1));
    close(fd);
    pipe(p);
    write(p[1], "in the pipe", 11);
    SHOW(sendFds(s[0], p, 1, "again"));
    SHOW(sendFds(s[0], p, 2, "short"));
    SHOW(sendFds(s[0], p, 2, "none"));
    close(p[0]), close(p[1]);
    if (type == SOCK_STREAM) {
        struct iovec v = {big, 2};
        struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
        SHOW(recvmsg(s[1], &m, 0));
        printf("flags %#x\n", m.msg_flags);
    }
    fd = receive(s[1], 256, 0);
    SHOW(fd >= 0 ? read(fd, b, 5) : -1);
    if (fd >= 0) close(fd);
    fd = receive(s[1], CMSG_LEN(4), 0);
    SHOW(read(fd, b, 5));
    close(fd);
    receive(s[1], 0, MSG_DONTWAIT);
    receive(s[1], 256, MSG_DONTWAIT);
    SHOW(sendFds(s[0], (int[]){1, 99}, 2, "bad"));
    SHOW(sendFds(s[0], (int[]){-1}, 1, "bad"));
    for (int i = 0; i < 300; ++i) many[i] = 1;
    struct iovec v = {"x", 1};
    static union { char room[2000]; struct cmsghdr align; } large;
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = large.room, .msg_controllen = CMSG_SPACE(254 * 4)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(254 * 4), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(c), many, 254 * 4);
    SHOW(syscall(SYS_sendmsg, s[0], &m, 0));
    c->cmsg_len = CMSG_LEN(253 * 4);
    SHOW(syscall(SYS_sendmsg, s[0], &m, 0));
    c->cmsg_type = 77;
    SHOW(syscall(SYS_sendmsg, s[0], &m, 0));
    c->cmsg_len = 3;
    SHOW(syscall(SYS_sendmsg, s[0], &m, 0));
    c->cmsg_len = 100000;
    SHOW(syscall(SYS_sendmsg, s[0], &m, 0));
    m.msg_controllen = 10000000;
    SHOW(syscall(SYS_sendmsg, s[0], &m, 0));
    m.msg_controllen = 0, m.msg_iovlen = 2000;
    SHOW(syscall(SYS_sendmsg, s[0], &m, 0));
    struct rlimit old, low;
    getrlimit(RLIMIT_NOFILE, &old);
    low = old, low.rlim_cur = dup(1) + 3;
    close(low.rlim_cur - 3);
    setrlimit(RLIMIT_NOFILE, &low);
    fd = receive(s[1], 256, 0);
    close(fd), close(fd + 1), close(fd + 2), close(fd + 3);
    setrlimit(RLIMIT_NOFILE, &old);
    close(s[0]), close(s[1]);
}

/* A pair in flight in itself, many times; whoever never frees it runs out. */
static void cycles(void) {
    int failed = 0;
    for (int i = 0; i < 2000; ++i) {
        int s[2];
        if (socketpair(AF_UNIX, i & 1 ? SOCK_STREAM : SOCK_DGRAM, 0, s)) ++failed;
        if (sendFds(s[0], s, 2, "self") < 0) ++failed;
        if (sendFds(s[1], s, 2, "self") < 0) ++failed;
        close(s[0]), close(s[1]);
    }
    int s[2], p[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    pipe(p);
    sendFds(s[0], (int[]){s[1], p[1]}, 2, "pipe");
    close(p[1]), close(s[1]), close(s[0]);
    struct pollfd f = {p[0], POLLIN, 0};
    poll(&f, 1, 1000);
    printf("failed %d; the pipe in the cycle has ended: %#x\n", failed, f.revents);
    close(p[0]);
    int deep[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, deep);
    for (int i = 0; i < 5000; ++i) {
        int next[2];
        socketpair(AF_UNIX, SOCK_DGRAM, 0, next);
        if (sendFds(next[0], deep, 2, "deeper") < 0) ++failed;
        close(deep[0]), close(deep[1]);
        deep[0] = next[0], deep[1] = next[1];
    }
    close(deep[0]), close(deep[1]);
    printf("failed %d, next descriptor %d\n", failed, dup(1));
}

static void credentials(void) {
    int s[2], on = 1;
    struct ucred u;
    socklen_t l = sizeof u;
    printf("-- credentials\n");
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    SHOW(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &u, &l));
    printf("%d %d %d\n", u.pid == getpid(), u.uid, u.gid);
    write(s[0], "before", 6);
    SHOW(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    write(s[0], "behind", 6);
    receive(s[1], 256, 0);
    receive(s[1], 256, 0);
    int one = 1;
    sendFds(s[0], &one, 1, "both");
    close(receive(s[1], 256, 0));
    write(s[0], "none", 4);
    receive(s[1], 0, MSG_DONTWAIT);
    write(s[0], "short", 5);
    receive(s[1], 20, 0);
    write(s[0], "own", 3);
    if (!fork()) {
        write(s[0], "child's", 7);
        _exit(0);
    }
    wait(0);
    receive(s[1], 256, 0);
    receive(s[1], 256, 0);
    struct iovec v = {"given", 5};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = CMSG_SPACE(sizeof u)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof u), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS};
    u = (struct ucred){1, 7, 8};
    memcpy(CMSG_DATA(c), &u, sizeof u);
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        setgid(1000), setuid(1000);
        SHOW(syscall(SYS_sendmsg, s[0], &m, 0));
        u = (struct ucred){getpid(), 1000, 1000};
        memcpy(CMSG_DATA(c), &u, sizeof u);
        SHOW(syscall(SYS_sendmsg, s[0], &m, 0));
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, 0, 0);
    receive(s[1], 256, MSG_DONTWAIT);
    l = sizeof u;
    int d = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(getsockopt(d, SOL_SOCKET, SO_PEERCRED, &u, &l));
    printf("%d %d %d\n", u.pid, u.uid, u.gid);
    close(s[0]), close(s[1]), close(d);
}

static void many(void) {
    int s[2];
    printf("-- several at once\n");
    socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
    char b[3][10];
    struct iovec v[3] = {{"first", 5}, {"2nd", 3}, {"third", 5}}, w[3] = {{b[0], 10}, {b[1], 2}, {b[2], 10}};
    struct mmsghdr m[3], r[3];
    memset(m, 0, sizeof m), memset(r, 0, sizeof r), memset(b, 0, sizeof b);
    for (int i = 0; i < 3; ++i) m[i].msg_hdr.msg_iov = &v[i], r[i].msg_hdr.msg_iov = &w[i], m[i].msg_hdr.msg_iovlen = r[i].msg_hdr.msg_iovlen = 1;
    SHOW(sendmmsg(s[0], m, 3, 0));
    printf("%u %u %u\n", m[0].msg_len, m[1].msg_len, m[2].msg_len);
    SHOW(recvmmsg(s[1], r, 3, MSG_DONTWAIT, 0));
    printf("%u %u %u %s %s %s flags %#x\n", r[0].msg_len, r[1].msg_len, r[2].msg_len, b[0], b[1], b[2], r[1].msg_hdr.msg_flags);
    SHOW(recvmmsg(s[1], r, 3, MSG_DONTWAIT, 0));
    sendmmsg(s[0], m, 2, 0);
    SHOW(recvmmsg(s[1], r, 3, MSG_WAITFORONE, 0));
    write(s[0], "x", 1);
    struct timespec t = {0, 0};
    SHOW(recvmmsg(s[1], r, 3, 0, &t));
    t.tv_nsec = -1;
    SHOW(recvmmsg(s[1], r, 3, 0, &t));
    close(s[0]), close(s[1]);
}

#define OPTION(which, set) option(s[0], SOL_SOCKET, which, #which " to " #set, set)
static void options(void) {
    int s[2];
    struct timeval t = {1, 500000};
    struct linger g = {1, 5};
    socklen_t l = sizeof t;
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    OPTION(SO_TYPE, -1), OPTION(SO_TYPE, 2), OPTION(SO_DOMAIN, -1), OPTION(SO_PROTOCOL, -1), OPTION(SO_ERROR, 1), OPTION(SO_ACCEPTCONN, 1);
    OPTION(SO_SNDBUF, -1), OPTION(SO_SNDBUF, 0), OPTION(SO_SNDBUF, 10000), OPTION(SO_RCVBUF, -1), OPTION(SO_RCVBUF, 1), OPTION(SO_RCVBUF, 10000);
    OPTION(SO_REUSEADDR, 7), OPTION(SO_KEEPALIVE, 1), OPTION(SO_BROADCAST, 1), OPTION(SO_OOBINLINE, 1), OPTION(SO_DONTROUTE, 1);
    OPTION(SO_PRIORITY, 3), OPTION(SO_RCVLOWAT, 0), OPTION(SO_RCVLOWAT, 9), OPTION(SO_SNDLOWAT, 5), OPTION(SO_PASSCRED, 9), OPTION(SO_TIMESTAMP, 1);
    OPTION(1000, 1);
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_REUSEADDR, &t, 3));
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_REUSEADDR, bad, 4));
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_REUSEADDR, &t, -1));
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    t = (struct timeval){0, 0};
    SHOW(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, &l));
    printf("%ld.%06ld of %d\n", (long)t.tv_sec, (long)t.tv_usec, (int)l);
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, 8));
    t.tv_usec = 1000000;
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_LINGER, &g, sizeof g));
    l = 3;
    SHOW(getsockopt(s[0], SOL_SOCKET, SO_LINGER, &g, &l));
    printf("of %d\n", (int)l);
    SHOW(setsockopt(s[0], 6, 1, &g, sizeof g));
    SHOW(getsockopt(s[0], 6, 1, &g, &l));
    close(s[0]), close(s[1]);
}

/* Descriptors in flight count against the limit of a user without privileges. */
static void limited(void) {
    int s[2], n = 0;
    struct rlimit r = {20, 20};
    fflush(stdout);
    if (!fork()) {
        setgid(1001), setuid(1001);
        setrlimit(RLIMIT_NOFILE, &r);
        socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
        while (n < 200 && sendFds(s[0], (int[]){1, 1, 1}, 3, "x") == 1) ++n;
        printf("in flight %d, errno %d\n", n * 3, errno);
        fflush(stdout);
        _exit(0);
    }
    wait(0);
}

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 0);
    pairs(SOCK_DGRAM);
    pairs(SOCK_SEQPACKET);
    datagrams();
    packets();
    rights(SOCK_STREAM);
    rights(SOCK_DGRAM);
    credentials();
    cycles();
    many();
    options();
    limited();
    return 0;
}
