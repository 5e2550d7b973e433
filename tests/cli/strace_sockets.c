// Calls on sockets that execscope export --format strace shows: it runs natively under strace, and emulated.
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

int main(void) {
    int s[2], t[2];
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, t);
    struct iovec v[2] = {{"abc", 3}, {"defgh\n", 6}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    sendmsg(s[0], &m, MSG_NOSIGNAL);
    char b[64], c[64];
    struct iovec w[2] = {{b, 4}, {c, 60}};
    struct msghdr n = {.msg_iov = w, .msg_iovlen = 2};
    recvmsg(s[1], &n, 0);
    send(s[0], "hello", 5, MSG_DONTWAIT | MSG_NOSIGNAL);
    recv(s[1], b, 64, MSG_PEEK);
    recvfrom(s[1], b, 64, 0, 0, 0);
    char control[CMSG_SPACE(sizeof(int))];
    struct msghdr f = {.msg_iov = v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr* h = CMSG_FIRSTHDR(&f);
    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(sizeof(int));
    *(int*)CMSG_DATA(h) = t[0];
    sendmsg(s[0], &f, 0);
    struct msghdr g = {.msg_iov = w, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    recvmsg(s[1], &g, MSG_CMSG_CLOEXEC);
    recv(s[1], b, 64, MSG_DONTWAIT);
    struct sockaddr_un a;
    socklen_t l = sizeof a;
    getsockname(s[0], (struct sockaddr*)&a, &l);
    l = sizeof a;
    getpeername(s[0], (struct sockaddr*)&a, &l);
    int on = 1;
    l = sizeof on;
    setsockopt(s[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    getsockopt(s[0], SOL_SOCKET, SO_TYPE, &on, &l);
    shutdown(s[0], SHUT_WR);
    int q = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_un u = {AF_UNIX, "\0execscope-strace"};
    bind(q, (struct sockaddr*)&u, offsetof(struct sockaddr_un, sun_path) + 17);
    listen(q, 5);
    int d = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(d, (struct sockaddr*)&u, offsetof(struct sockaddr_un, sun_path) + 17);
    l = sizeof a;
    accept(q, (struct sockaddr*)&a, &l);
    accept4(q, 0, 0, SOCK_NONBLOCK);
    return 0;
}
