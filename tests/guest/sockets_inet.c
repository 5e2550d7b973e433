/* TCP and UDP on 127.0.0.0/8: names, connections and their ends, datagrams, options. Errnos as numbers; no port is printed. */
#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static char big[300000];
static volatile sig_atomic_t signals;
static void count(int s) { (void)s, ++signals; }

static void polled(const char *when, int fd) {
    struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP | POLLRDNORM | POLLWRNORM | POLLWRBAND, 0};
    int n = poll(&p, 1, 0);
    printf("%s: poll %d %#x\n", when, n, p.revents);
}
static struct sockaddr_in at;
static struct sockaddr *to(const char *ip, int port) {
    at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(ip)};
    return (struct sockaddr *)&at;
}
static const socklen_t size = sizeof at;
static int portOf(int s) {
    struct sockaddr_in a;
    socklen_t l = sizeof a;
    getsockname(s, (struct sockaddr *)&a, &l);
    return ntohs(a.sin_port);
}
static void names(const char *what, int s) {
    struct sockaddr_in a = {0}, b = {0};
    socklen_t l = sizeof a, m = sizeof b;
    int x = getsockname(s, (struct sockaddr *)&a, &l), e = errno, y = getpeername(s, (struct sockaddr *)&b, &m);
    printf("%s: %d %s port %s", what, x ? e : 0, inet_ntoa(a.sin_addr), a.sin_port ? "some" : "none");
    printf(", peer %d %s port %s\n", y ? errno : 0, inet_ntoa(b.sin_addr), b.sin_port ? "some" : "none");
}
static int listening(int backlog, int *port) {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    bind(s, to("127.0.0.1", 0), size);
    listen(s, backlog);
    *port = portOf(s);
    return s;
}
static int closedPort(void) {
    int p, s = listening(1, &p);
    close(s);
    return p;
}
static void connected(int *c, int *s) {
    int port, l = listening(5, &port);
    *c = socket(AF_INET, SOCK_STREAM, 0);
    connect(*c, to("127.0.0.1", port), size);
    *s = accept(l, 0, 0);
    close(l);
}

static void binding(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), on = 1;
    names("fresh", s);
    polled("fresh", s);
    SHOW(bind(s, to("127.0.0.1", 0), 10));
    SHOW(bind(s, (struct sockaddr *)&(struct sockaddr_in){.sin_family = AF_UNIX}, size));
    SHOW(bind(s, to("8.8.8.8", 0), size));
    SHOW(bind(s, to("127.3.2.1", 0), size));
    names("bound", s);
    SHOW(bind(s, to("127.0.0.1", 0), size));
    int port = portOf(s);
    printf("ephemeral %d\n", port >= 32768 && port <= 60999);
    SHOW(bind(t, to("127.3.2.1", port), size));
    SHOW(bind(t, to("0.0.0.0", port), size));
    SHOW(bind(t, to("127.0.0.1", port), size));
    int u = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(u, SOL_SOCKET, SO_REUSEADDR, &on, 4);
    SHOW(bind(u, to("127.3.2.1", port), size));
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, 4);
    SHOW(bind(u, to("127.3.2.1", port), size));
    SHOW(listen(s, 1));
    SHOW(listen(u, 1));
    close(u);
    u = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(u, SOL_SOCKET, SO_REUSEADDR, &on, 4);
    SHOW(bind(u, to("127.3.2.1", port), size));
    close(s), close(t), close(u);
    s = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(listen(s, 1));
    names("listening unbound", s);
    SHOW(connect(s, to("127.0.0.1", 1), size));
    polled("listening", s);
    SHOW(read(s, big, 1));
    SHOW(write(s, big, 1));
    printf("signals %d\n", (int)signals);
    close(s);
    SHOW(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    SHOW(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
    SHOW(socket(AF_INET, SOCK_SEQPACKET, 0));
    SHOW(socket(AF_INET, SOCK_STREAM, 10000));
    int pair[2];
    SHOW(socketpair(AF_INET, SOCK_STREAM, 0, pair));
}

static void connecting(void) {
    int c = socket(AF_INET, SOCK_STREAM, 0), port, l, e;
    socklen_t n = sizeof e;
    SHOW(read(c, big, 1));
    SHOW(write(c, big, 1));
    SHOW(shutdown(c, SHUT_WR));
    close(c);
    c = socket(AF_INET, SOCK_STREAM, 0);
    port = closedPort();
    SHOW(connect(c, to("127.0.0.1", port), size));
    names("refused", c);
    polled("refused", c);
    SHOW(connect(c, to("127.0.0.1", port), size));
    SHOW(connect(c, to("127.0.0.1", port), 8));
    SHOW(connect(c, (struct sockaddr *)&(struct sockaddr_in){.sin_family = AF_UNIX}, size));
    l = listening(2, &port);
    SHOW(connect(c, to("127.0.0.1", port), size));
    names("client", c);
    polled("client", c);
    polled("listener", l);
    SHOW(connect(c, to("127.0.0.1", port), size));
    struct sockaddr_in from = {0};
    n = sizeof from;
    int s = accept4(l, (struct sockaddr *)&from, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
    printf("accepted %d from %s %d, length %d, flags %#x\n", s >= 0, inet_ntoa(from.sin_addr), ntohs(from.sin_port) == portOf(c), (int)n, fcntl(s, F_GETFL));
    names("server", s);
    SHOW(read(s, big, 1));
    SHOW(write(c, "hello", 5));
    struct pollfd p = {s, POLLIN, 0};
    SHOW(poll(&p, 1, 1000));
    SHOW(ioctl(s, FIONREAD, &e));
    printf("FIONREAD %d\n", e);
    SHOW(recv(s, big, 3, MSG_PEEK));
    SHOW(recv(s, big, 2, MSG_TRUNC));
    SHOW(read(s, big, 10));
    printf("%.3s\n", big);
    SHOW(sendto(c, "named", 5, 0, to("127.0.0.1", 9), size));
    usleep(1000);
    n = size;
    SHOW(recvfrom(s, big, 10, 0, (struct sockaddr *)&from, &n));
    printf("name length %d\n", (int)n);
    close(c), close(s);
    c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    SHOW(connect(c, to("127.0.0.1", port), size));
    p = (struct pollfd){c, POLLOUT, 0};
    SHOW(poll(&p, 1, 1000));
    printf("%#x\n", p.revents);
    n = sizeof e;
    SHOW(getsockopt(c, SOL_SOCKET, SO_ERROR, &e, &n));
    printf("SO_ERROR %d\n", e);
    SHOW(connect(c, to("127.0.0.1", port), size));
    SHOW(connect(c, to("127.0.0.1", port), size));
    close(c);
    c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    SHOW(connect(c, to("127.0.0.1", closedPort()), size));
    p = (struct pollfd){c, POLLOUT | POLLIN | POLLRDHUP, 0};
    SHOW(poll(&p, 1, 1000));
    printf("%#x\n", p.revents);
    n = sizeof e;
    SHOW(getsockopt(c, SOL_SOCKET, SO_ERROR, &e, &n));
    printf("SO_ERROR %d\n", e);
    SHOW(getsockopt(c, SOL_SOCKET, SO_ERROR, &e, &n));
    printf("SO_ERROR %d\n", e);
    close(c), close(l);
    c = socket(AF_INET, SOCK_STREAM, 0);
    l = socket(AF_INET, SOCK_STREAM, 0);
    bind(l, to("0.0.0.0", 0), size), listen(l, 1);
    SHOW(connect(c, to("0.0.0.0", portOf(l)), size));
    names("to any", c);
    s = accept(l, 0, 0);
    names("listening on any", l);
    names("accepted", s);
    close(c), close(s);
    c = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(connect(c, to("127.9.9.9", portOf(l)), size));
    names("to another", c);
    close(c), close(l);
}

static void ending(void) {
    int c, s, e;
    socklen_t n = sizeof e;
    char b[100];
    connected(&c, &s);
    write(c, "last", 4);
    SHOW(shutdown(c, SHUT_WR));
    usleep(1000);
    polled("half closed", s);
    polled("who closed", c);
    SHOW(read(s, b, 100));
    SHOW(read(s, b, 100));
    SHOW(write(c, "x", 1));
    SHOW(write(s, "answer", 6));
    usleep(1000);
    SHOW(read(c, b, 100));
    close(s);
    usleep(1000);
    polled("both closed", c);
    SHOW(read(c, b, 100));
    names("both closed", c);
    close(c);
    connected(&c, &s);
    write(s, "rest", 4);
    close(s);
    usleep(1000);
    polled("peer closed", c);
    SHOW(write(c, "into nothing", 12));
    usleep(1000);
    polled("reset", c);
    SHOW(read(c, b, 100));
    SHOW(send(c, "x", 1, MSG_NOSIGNAL));
    SHOW(send(c, "x", 1, MSG_NOSIGNAL));
    SHOW(read(c, b, 100));
    close(c);
    connected(&c, &s);
    write(c, "unread", 6);
    usleep(1000);
    close(s);
    usleep(1000);
    polled("closed with unread data", c);
    SHOW(getsockopt(c, SOL_SOCKET, SO_ERROR, &e, &n));
    printf("SO_ERROR %d\n", e);
    SHOW(read(c, b, 100));
    SHOW(write(c, "x", 1));
    close(c);
    connected(&c, &s);
    struct linger g = {1, 0};
    setsockopt(s, SOL_SOCKET, SO_LINGER, &g, sizeof g);
    close(s);
    usleep(1000);
    SHOW(read(c, b, 100));
    SHOW(read(c, b, 100));
    close(c);
    connected(&c, &s);
    SHOW(shutdown(c, SHUT_RDWR));
    usleep(1000);
    polled("shut", c);
    polled("its peer", s);
    SHOW(read(c, b, 1));
    SHOW(shutdown(s, SHUT_WR));
    usleep(1000);
    SHOW(shutdown(s, SHUT_WR));
    close(c), close(s);
    /* the listener goes with connections that nobody accepted */
    int port, l = listening(3, &port);
    c = socket(AF_INET, SOCK_STREAM, 0);
    connect(c, to("127.0.0.1", port), size);
    close(l);
    usleep(1000);
    polled("never accepted", c);
    SHOW(read(c, b, 1));
    close(c);
    printf("signals %d\n", (int)signals);
    /* a server's port is not free while its connections end; SO_REUSEADDR has it */
    l = listening(3, &port);
    c = socket(AF_INET, SOCK_STREAM, 0);
    connect(c, to("127.0.0.1", port), size);
    s = accept(l, 0, 0);
    close(s), close(l), close(c);
    usleep(1000);
    l = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(bind(l, to("127.0.0.1", port), size));
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &(int){1}, 4);
    SHOW(bind(l, to("127.0.0.1", port), size));
    close(l);
}

static void streaming(void) {
    int port, l = listening(5, &port);
    fflush(stdout);
    if (!fork()) {
        int c = socket(AF_INET, SOCK_STREAM, 0);
        connect(c, to("127.0.0.1", port), size);
        for (int i = 0; i < 300; ++i) {
            memset(big, 'a' + i % 26, 30011);
            for (long done = 0; done < 30011;) done += write(c, big + done, 30011 - done);
        }
        shutdown(c, SHUT_WR);
        char b[6];
        SHOW(recv(c, b, 5, MSG_WAITALL));
        fflush(stdout);
        _exit(!memcmp(b, "12345", 5));
    }
    int s = accept(l, 0, 0), status;
    long total = 0, r, wrong = 0;
    SHOW(recv(s, big, 100000, MSG_WAITALL));
    for (long i = 0; i < 100000; ++i) wrong += big[i] != 'a' + i / 30011 % 26;
    for (total = 100000; (r = read(s, big, 70000)) > 0; total += r)
        for (long i = 0; i < r; ++i) wrong += big[i] != 'a' + (total + i) / 30011 % 26;
    printf("received %ld, wrong %ld\n", total, wrong);
    write(s, "12", 2), usleep(1000), write(s, "345", 3);
    wait(&status);
    printf("child %d\n", WEXITSTATUS(status));
    close(s), close(l);
    int c;
    connected(&c, &s);
    fcntl(c, F_SETFL, O_NONBLOCK);
    while (write(c, big, sizeof big) > 0) {}
    printf("errno %d\n", errno);
    struct pollfd p = {c, POLLOUT, 0};
    SHOW(poll(&p, 1, 0));
    if (!fork()) {
        while (recv(s, big, sizeof big, 0) > 0) {}
        _exit(0);
    }
    SHOW(poll(&p, 1, 5000));
    shutdown(c, SHUT_WR);
    wait(0);
    setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){0, 20000}, sizeof(struct timeval));
    fcntl(c, F_SETFL, 0);
    SHOW(read(c, big, 1));
    close(c), close(s);
}

#define OPTION(level, which, set) option(s, level, which, #which " to " #set, set)
static void options(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    OPTION(SOL_SOCKET, SO_TYPE, -1), OPTION(SOL_SOCKET, SO_DOMAIN, -1), OPTION(SOL_SOCKET, SO_PROTOCOL, -1), OPTION(SOL_SOCKET, SO_ACCEPTCONN, -1);
    OPTION(SOL_SOCKET, SO_REUSEADDR, 1), OPTION(SOL_SOCKET, SO_REUSEPORT, 1), OPTION(SOL_SOCKET, SO_KEEPALIVE, 1), OPTION(SOL_SOCKET, SO_BROADCAST, -1);
    OPTION(SOL_SOCKET, SO_SNDBUF, -1), OPTION(SOL_SOCKET, SO_RCVBUF, -1), OPTION(SOL_SOCKET, SO_SNDBUF, 50000), OPTION(SOL_SOCKET, SO_RCVBUF, 50000);
    OPTION(IPPROTO_TCP, TCP_NODELAY, -1), OPTION(IPPROTO_TCP, TCP_NODELAY, 5), OPTION(IPPROTO_TCP, TCP_KEEPIDLE, 60), OPTION(IPPROTO_TCP, TCP_KEEPCNT, -1);
    OPTION(IPPROTO_TCP, TCP_KEEPINTVL, -1), OPTION(IPPROTO_TCP, TCP_CORK, 1), OPTION(IPPROTO_TCP, TCP_MAXSEG, -1), OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT, 100);
    OPTION(IPPROTO_TCP, 200, 1), OPTION(IPPROTO_IP, IP_TOS, 16), OPTION(IPPROTO_IP, IP_TTL, -1), OPTION(IPPROTO_IP, IP_TTL, 30), OPTION(IPPROTO_IP, IP_TTL, 300);
    SHOW(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, big, 2));
    listen(s, 1);
    OPTION(SOL_SOCKET, SO_ACCEPTCONN, -1);
    close(s);
    s = socket(AF_INET, SOCK_DGRAM, 0);
    OPTION(SOL_SOCKET, SO_TYPE, -1), OPTION(SOL_SOCKET, SO_PROTOCOL, -1), OPTION(SOL_SOCKET, SO_SNDBUF, -1), OPTION(SOL_SOCKET, SO_RCVBUF, -1);
    OPTION(IPPROTO_IP, IP_MULTICAST_TTL, -1), OPTION(IPPROTO_IP, IP_MTU_DISCOVER, -1), OPTION(IPPROTO_IP, IP_RECVERR, 1), OPTION(IPPROTO_IP, IP_PKTINFO, 1);
    close(s);
}

static void datagrams(void) {
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), c = socket(AF_INET, SOCK_DGRAM, 0), n = -1;
    struct sockaddr_in from;
    socklen_t l = sizeof from;
    polled("fresh", a);
    SHOW(listen(a, 1));
    SHOW(accept(a, 0, 0));
    SHOW(send(a, "x", 1, 0));
    SHOW(recv(b, big, 1, 0));
    bind(a, to("127.0.0.1", 0), size);
    int port = portOf(a);
    SHOW(bind(c, to("127.0.0.1", port), size));
    SHOW(sendto(b, "hello", 5, 0, to("127.0.0.1", port), size));
    names("sent once", b);
    polled("sent to", a);
    SHOW(ioctl(a, FIONREAD, &n));
    printf("FIONREAD %d\n", n);
    SHOW(recvfrom(a, big, 2, MSG_PEEK | MSG_TRUNC, (struct sockaddr *)&from, &l));
    printf("from %s %d, length %d\n", inet_ntoa(from.sin_addr), ntohs(from.sin_port) == portOf(b), (int)l);
    struct iovec v = {big, 3};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_name = &from, .msg_namelen = sizeof from};
    SHOW(recvmsg(a, &m, 0));
    printf("flags %#x name %d\n", m.msg_flags, (int)m.msg_namelen);
    SHOW(sendto(b, "x", 1, 0, to("127.0.0.1", port), 8));
    SHOW(sendto(b, "x", 1, 0, to("127.0.0.1", 0), size));
    SHOW(sendto(b, "x", 1, 0, (struct sockaddr *)&(struct sockaddr_in){.sin_family = AF_UNIX, .sin_port = 5}, size));
    SHOW(sendto(b, big, 65507, 0, to("127.0.0.1", port), size));
    SHOW(sendto(b, big, 65508, 0, to("127.0.0.1", port), size));
    SHOW(sendto(b, big, 100000, 0, to("127.0.0.1", port), size));
    SHOW(sendto(b, "", 0, 0, to("127.0.0.1", port), size));
    SHOW(recv(a, big, sizeof big, 0));
    SHOW(recv(a, big, sizeof big, 0));
    SHOW(connect(a, to("127.0.0.1", portOf(b)), size));
    names("connected", a);
    SHOW(sendto(c, "stranger", 8, 0, to("127.0.0.1", port), size));
    SHOW(recv(a, big, 10, MSG_DONTWAIT));
    SHOW(write(b, "x", 1));
    SHOW(connect(b, to("127.0.0.1", port), size));
    SHOW(write(b, "friend", 6));
    SHOW(read(a, big, 10));
    SHOW(sendto(a, "elsewhere", 9, 0, to("127.0.0.1", portOf(c)), size));
    SHOW(recv(c, big, 100, 0));
    close(b);
    usleep(1000);
    SHOW(write(a, "x", 1));
    polled("refused", a);
    SHOW(write(a, "x", 1));
    SHOW(write(a, "x", 1));
    SHOW(recv(a, big, 1, MSG_DONTWAIT));
    SHOW(recv(a, big, 1, MSG_DONTWAIT));
    SHOW(connect(a, &(struct sockaddr){AF_UNSPEC, ""}, sizeof(struct sockaddr)));
    names("disconnected", a);
    SHOW(shutdown(a, SHUT_RDWR));
    SHOW(recv(a, big, 1, 0));
    polled("shut", a);
    close(a);
    a = socket(AF_INET, SOCK_DGRAM, 0);
    SHOW(sendto(c, "nobody", 6, 0, to("127.0.0.1", closedPort()), size));
    SHOW(sendto(c, "nobody", 6, MSG_DONTWAIT, to("127.0.0.1", closedPort()), size));
    setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){0, 20000}, sizeof(struct timeval));
    SHOW(recv(c, big, 1, 0));
    int sent = 0, got = 0;
    port = portOf(c);
    for (; sent < 1000; ++sent) sendto(a, big, 1000, 0, to("127.0.0.1", port), size);
    while (recv(c, big, sizeof big, MSG_DONTWAIT) == 1000) ++got;
    printf("kept some, not all: %d\n", got > 50 && got < 1000);
    close(a), close(c);
}

int main(void) {
    struct sigaction act = {.sa_handler = count};
    setvbuf(stdout, 0, _IOLBF, 0);
    sigaction(SIGPIPE, &act, 0);
    binding();
    connecting();
    ending();
    streaming();
    options();
    datagrams();
    return 0;
}
