/* AF_UNIX streams: pairs, names, connections, room, shutdown, what poll says. Prints errnos as numbers. */
#define _GNU_SOURCE
#include "sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

static char big[400000];
static void *volatile bad = (void *)16;
static volatile sig_atomic_t signals;
static void count(int s) { (void)s, ++signals; }

static void polled(const char *when, int fd) {
    struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP | POLLPRI | POLLRDNORM | POLLWRNORM | POLLWRBAND, 0};
    int n = poll(&p, 1, 0);
    int e = epoll_create1(0);
    struct epoll_event ev = {EPOLLIN | EPOLLOUT | EPOLLRDHUP, {0}};
    epoll_ctl(e, EPOLL_CTL_ADD, fd, &ev);
    int m = epoll_wait(e, &ev, 1, 0);
    close(e);
    printf("%s: poll %d %#x, epoll %d %#x\n", when, n, p.revents, m, m > 0 ? ev.events : 0);
}

static socklen_t path(struct sockaddr_un *a, const char *text) {
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    strcpy(a->sun_path, text);
    return offsetof(struct sockaddr_un, sun_path) + strlen(text) + 1;
}

static void pairs(void) {
    int s[2];
    char b[100];
    struct stat st;
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    polled("fresh", s[0]);
    fstat(s[0], &st);
    printf("mode %o size %ld links %ld\n", st.st_mode, (long)st.st_size, (long)st.st_nlink);
    SHOW(lseek(s[0], 0, SEEK_SET));
    SHOW(pread(s[0], b, 1, 0));
    SHOW(write(s[0], "hello", 5));
    SHOW(write(s[0], "world", 5));
    polled("with data", s[1]);
    int n = -1;
    SHOW(ioctl(s[1], FIONREAD, &n));
    printf("FIONREAD %d\n", n);
    memset(b, 0, sizeof b);
    SHOW(recv(s[1], b, sizeof b, MSG_PEEK));
    printf("peeked %s\n", b);
    SHOW(recv(s[1], b, 3, 0));
    memset(b, 0, sizeof b);
    SHOW(read(s[1], b, sizeof b));
    printf("read %s\n", b);
    SHOW(recv(s[1], b, 1, MSG_DONTWAIT));
    SHOW(read(s[1], b, 0));
    SHOW(shutdown(s[0], 7));
    SHOW(sendto(s[0], "x", 1, 0, (struct sockaddr *)&(struct sockaddr_un){AF_UNIX, "/tmp/none"}, sizeof(struct sockaddr_un)));
    close(s[0]), close(s[1]);
}

static void vectors(void) {
    int s[2];
    char a[4], b[4], c[8];
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    struct iovec out[3] = {{"one", 3}, {"", 0}, {"three", 5}}, in[3] = {{a, 2}, {b, 4}, {c, 8}};
    SHOW(writev(s[0], out, 3));
    SHOW(readv(s[1], in, 3));
    printf("%.2s|%.4s|%.2s\n", a, b, c);
    SHOW(write(s[0], bad, 5));
    SHOW(write(s[0], "keep", 4));
    SHOW(read(s[1], bad, 4));
    memset(c, 0, sizeof c);
    SHOW(read(s[1], c, 8));
    printf("kept %s\n", c);
    close(s[0]), close(s[1]);
}

static void room(void) {
    for (int size = 1; size < 300000; size = size * 7 + 1) {
        int s[2], out = 0;
        socketpair(AF_UNIX, SOCK_STREAM, 0, s);
        fcntl(s[0], F_SETFL, O_NONBLOCK);
        long n = 0, total = 0, r;
        while ((r = write(s[0], big, size)) > 0) ++n, total += r;
        int error = errno;
        ioctl(s[0], TIOCOUTQ, &out);
        printf("pieces of %d: %ld, %ld bytes, errno %d, counted %d\n", size, n, total, error, out);
        polled("full", s[0]);
        while (total > 0 && (r = read(s[1], big, sizeof big)) > 0) total -= r;
        ioctl(s[0], TIOCOUTQ, &out);
        printf("left %ld, counted %d\n", total, out);
        polled("emptied", s[0]);
        close(s[0]), close(s[1]);
    }
}

static void ends(void) {
    int s[2];
    char b[10];
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    write(s[0], "rest", 4);
    SHOW(shutdown(s[0], SHUT_WR));
    polled("peer shut its writing", s[1]);
    SHOW(read(s[1], b, 10));
    SHOW(read(s[1], b, 10));
    SHOW(write(s[1], "back", 4));
    SHOW(read(s[0], b, 10));
    SHOW(write(s[0], "no", 2));
    SHOW(send(s[0], "no", 2, MSG_NOSIGNAL));
    printf("signals %d\n", (int)signals);
    SHOW(shutdown(s[0], SHUT_RD));
    polled("shut both", s[0]);
    SHOW(write(s[1], "no", 2));
    printf("signals %d\n", (int)signals);
    close(s[0]);
    polled("peer closed", s[1]);
    SHOW(read(s[1], b, 10));
    close(s[1]);
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    write(s[1], "unread", 6);
    write(s[0], "last words", 10);
    close(s[0]);
    polled("peer closed with unread data", s[1]);
    int e = -1;
    socklen_t l = sizeof e;
    SHOW(write(s[1], "x", 1));
    SHOW(read(s[1], b, 4));
    SHOW(getsockopt(s[1], SOL_SOCKET, SO_ERROR, &e, &l));
    printf("SO_ERROR %d\n", e);
    SHOW(read(s[1], b, 10));
    SHOW(read(s[1], b, 10));
    close(s[1]);
}

static void names(void) {
    struct sockaddr_un a, got;
    struct stat st;
    socklen_t l = sizeof got;
    const char *where = "/tmp/sockets_stream.sock";
    unlink(where);
    umask(027);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    printf("flags %#x fd flags %d\n", fcntl(s, F_GETFL), fcntl(s, F_GETFD));
    polled("unconnected", s);
    SHOW(getsockname(s, (struct sockaddr *)&got, &l));
    printf("length %d family %d\n", (int)l, got.sun_family);
    l = sizeof got;
    SHOW(getpeername(s, (struct sockaddr *)&got, &l));
    SHOW(listen(s, 5));
    SHOW(read(s, big, 1));
    SHOW(write(s, big, 1));
    SHOW(accept(s, 0, 0));
    SHOW(bind(s, (struct sockaddr *)&a, 1));
    SHOW(bind(s, (struct sockaddr *)&a, 200));
    SHOW(bind(s, (struct sockaddr *)&(struct sockaddr_un){AF_INET, "x"}, 10));
    SHOW(bind(s, (struct sockaddr *)&a, path(&a, "/tmp/missing/sock")));
    SHOW(bind(s, (struct sockaddr *)&a, path(&a, where)));
    stat(where, &st);
    printf("mode %o\n", st.st_mode);
    SHOW(bind(s, (struct sockaddr *)&a, path(&a, where)));
    SHOW(bind(s, (struct sockaddr *)&a, path(&a, "/tmp/sockets_stream.other")));
    SHOW(stat("/tmp/sockets_stream.other", &st));
    SHOW(open(where, O_RDWR));
    l = sizeof got;
    SHOW(getsockname(s, (struct sockaddr *)&got, &l));
    printf("%d %s\n", (int)l, got.sun_path);
    l = 5;
    memset(&got, 'z', sizeof got);
    SHOW(getsockname(s, (struct sockaddr *)&got, &l));
    printf("%d %.4s\n", (int)l, got.sun_path);
    int c = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
    SHOW(connect(c, (struct sockaddr *)&a, path(&a, where)));
    SHOW(connect(c, (struct sockaddr *)&a, path(&a, "/tmp/none.sock")));
    SHOW(connect(c, (struct sockaddr *)&a, path(&a, "/tmp")));
    SHOW(connect(d, (struct sockaddr *)&a, path(&a, where)));
    SHOW(listen(s, 1));
    SHOW(connect(c, (struct sockaddr *)&a, path(&a, where)));
    SHOW(connect(c, (struct sockaddr *)&a, path(&a, where)));
    SHOW(listen(c, 1));
    l = sizeof got;
    memset(&got, 0, sizeof got);
    SHOW(getpeername(c, (struct sockaddr *)&got, &l));
    printf("%d %s\n", (int)l, got.sun_path);
    SHOW(write(c, "early", 5));
    int c2 = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), c3 = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    SHOW(connect(c2, (struct sockaddr *)&a, path(&a, where)));
    SHOW(connect(c3, (struct sockaddr *)&a, path(&a, where)));
    polled("listening", s);
    l = sizeof got;
    int n = accept4(s, (struct sockaddr *)&got, &l, SOCK_NONBLOCK);
    printf("accepted %d, address of %d, flags %#x\n", n >= 0, (int)l, fcntl(n, F_GETFL));
    SHOW(accept4(s, 0, 0, 1));
    memset(big, 0, 10);
    SHOW(read(n, big, 10));
    printf("%s\n", big);
    l = sizeof got;
    SHOW(getsockname(n, (struct sockaddr *)&got, &l));
    printf("%d %s\n", (int)l, got.sun_path);
    close(n);
    SHOW(read(c, big, 1));
    l = sizeof got;
    SHOW(getpeername(c, (struct sockaddr *)&got, &l));
    close(s);
    polled("not accepted", c2);
    SHOW(read(c2, big, 1));
    SHOW(read(c2, big, 1));
    s = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(bind(s, (struct sockaddr *)&a, path(&a, where)));
    SHOW(connect(d, (struct sockaddr *)&a, path(&a, where)));
    unlink(where);
    SHOW(bind(s, (struct sockaddr *)&a, path(&a, where)));
    chmod(where, 0);
    SHOW(unlink(where));
    close(s), close(c), close(c2), close(c3), close(d);
}

static void abstracts(void) {
    struct sockaddr_un a, got;
    socklen_t n = abstract(&a, "one"), l = sizeof got;
    int s = socket(AF_UNIX, SOCK_STREAM, 0), t = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
    SHOW(bind(s, (struct sockaddr *)&a, n));
    SHOW(bind(t, (struct sockaddr *)&a, n));
    SHOW(bind(s, (struct sockaddr *)&a, n));
    SHOW(bind(d, (struct sockaddr *)&a, n));
    SHOW(bind(t, (struct sockaddr *)&a, n + 1));
    SHOW(getsockname(t, (struct sockaddr *)&got, &l) == 0 && l == n + 1);
    SHOW(connect(t, (struct sockaddr *)&a, n));
    SHOW(listen(s, 0));
    SHOW(connect(t, (struct sockaddr *)&a, n));
    close(s);
    SHOW(read(t, big, 1));
    s = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(bind(s, (struct sockaddr *)&a, n));
    close(s);
    s = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(bind(s, (struct sockaddr *)&(struct sockaddr_un){AF_UNIX, ""}, sizeof(sa_family_t)));
    l = sizeof got;
    memset(&got, 0, sizeof got);
    SHOW(getsockname(s, (struct sockaddr *)&got, &l));
    printf("autobind: length %d, %d, %d digits\n", (int)l, got.sun_path[0], (int)strspn(got.sun_path + 1, "0123456789abcdef"));
    close(s), close(t), close(d);
}

static void blocking(void) {
    int s[2];
    struct sockaddr_un a;
    socklen_t n = abstract(&a, "blocking");
    int l = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(l, (struct sockaddr *)&a, n), listen(l, 3);
    if (!fork()) {
        int c = socket(AF_UNIX, SOCK_STREAM, 0);
        connect(c, (struct sockaddr *)&a, n);
        for (int i = 0; i < 50; ++i) write(c, big, 20011);
        shutdown(c, SHUT_WR);
        char done[6];
        recv(c, done, 5, MSG_WAITALL);
        _exit(memcmp(done, "12345", 5) ? 1 : 7);
    }
    int c = accept(l, 0, 0);
    long total = 0, r;
    SHOW(recv(c, big, 100000, MSG_WAITALL));
    while ((r = read(c, big, 70000)) > 0) total += r;
    printf("received %ld\n", total + 100000);
    write(c, "12", 2), write(c, "345", 3);
    int status;
    wait(&status);
    printf("child %d\n", WEXITSTATUS(status));
    close(c), close(l);

    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    struct sigaction act = {.sa_handler = count};
    sigaction(SIGALRM, &act, 0);
    alarm(1);
    SHOW(read(s[0], big, 1));
    act.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &act, 0);
    if (!fork()) {
        usleep(1500000);
        write(s[1], "x", 1);
        _exit(0);
    }
    alarm(1);
    SHOW(read(s[0], big, 1));
    wait(0);
    struct timeval t = {0, 100000};
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    SHOW(read(s[0], big, 1));
    alarm(1);
    t.tv_sec = 3;
    setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    SHOW(read(s[0], big, 1));       /* with a timeout, SA_RESTART does not restart it */
    setsockopt(s[1], SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){0, 50000}, sizeof t);
    SHOW(write(s[1], big, sizeof big) > 0);
    SHOW(write(s[1], big, 1));
    close(s[0]), close(s[1]);
}

static void files(void) {
    int s[2], f = open("/tmp/sockets_stream.file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char link[64], target[64] = "", b[64] = "";
    write(f, "from a file", 11);
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    off_t at = 5;
    SHOW(sendfile(s[0], f, &at, 100));
    SHOW(read(s[1], b, sizeof b));
    printf("%s\n", b);
    unlink("/tmp/sockets_stream.file");
    snprintf(link, sizeof link, "/proc/self/fd/%d", s[0]);
    readlink(link, target, sizeof target - 1);
    printf("%.8s\n", target);
    SHOW(open(link, O_RDWR));
    int copy = dup(s[0]), on = 1;
    close(s[0]);
    polled("a copy is open", s[1]);
    SHOW(ioctl(copy, FIONBIO, &on));
    SHOW(read(copy, b, 1));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(copy, &set);
    SHOW(select(copy + 1, &set, 0, 0, &(struct timeval){0, 0}));
    FD_SET(copy, &set);
    SHOW(select(copy + 1, 0, &set, 0, &(struct timeval){0, 0}));
    close(copy);
    polled("closed", s[1]);
    close(s[1]), close(f);
    SHOW(getsockname(0, (struct sockaddr *)big, &(socklen_t){10}) < 0);
    f = open("/dev/null", O_RDWR);
    SHOW(getsockname(f, (struct sockaddr *)big, &(socklen_t){10}));
    SHOW(send(f, "x", 1, 0));
    SHOW(socket(AF_UNIX, SOCK_STREAM, 5));
    SHOW(socket(AF_UNIX, 3 | 0x100, 0));
    SHOW(socket(AF_UNIX, 4, 0));
    SHOW(socket(AF_UNIX, 77, 0));
    SHOW(socket(1000, SOCK_STREAM, 0));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, bad));
    close(f);
    printf("next descriptor %d\n", dup(1));
}

/* A poll that sleeps is woken by data, by room, and by the end. */
static void wakeups(void) {
    int s[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    if (!fork()) {
        usleep(100000);
        write(s[1], "x", 1);
        usleep(100000);
        close(s[0]);
        while (read(s[1], big, sizeof big) > 0 && recv(s[1], big, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {}
        usleep(100000);
        _exit(0);
    }
    close(s[1]);
    struct pollfd p = {s[0], POLLIN, 0};
    int n = poll(&p, 1, 5000);
    printf("data: %d %#x\n", n, p.revents);
    read(s[0], big, 1);
    fcntl(s[0], F_SETFL, O_NONBLOCK);
    while (write(s[0], big, 1000) > 0) {}
    p.events = POLLOUT;
    n = poll(&p, 1, 5000);
    printf("room: %d %#x\n", n, p.revents);
    int e = epoll_create1(0);
    struct epoll_event ev = {EPOLLRDHUP | EPOLLET, {0}};
    epoll_ctl(e, EPOLL_CTL_ADD, s[0], &ev);
    n = epoll_wait(e, &ev, 1, 5000);
    printf("end: %d %#x\n", n, ev.events);
    wait(0);
    close(s[0]), close(e);
}

int main(void) {
    struct sigaction act = {.sa_handler = count};
    setvbuf(stdout, 0, _IOLBF, 0);
    sigaction(SIGPIPE, &act, 0);
    pairs();
    vectors();
    room();
    ends();
    names();
    abstracts();
    blocking();
    files();
    wakeups();
    return 0;
}
