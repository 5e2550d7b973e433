/* IPv6's loopback address, and IPv4's through sockets of IPv6. Errnos as numbers; no port is printed. */
#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

static struct sockaddr_in6 six;
static struct sockaddr *to6(const char *ip, int port) {
    six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
    inet_pton(AF_INET6, ip, &six.sin6_addr);
    return (struct sockaddr *)&six;
}
static struct sockaddr_in four;
static struct sockaddr *to4(const char *ip, int port) {
    four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(ip)};
    return (struct sockaddr *)&four;
}
static void shown(const char *what, int failed, const struct sockaddr_storage *a, socklen_t n) {
    char text[64] = "";
    int e = failed ? errno : 0;
    if (!failed) inet_ntop(a->ss_family, a->ss_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)a)->sin6_addr : (void *)&((struct sockaddr_in *)a)->sin_addr, text, 64);
    printf("%s: errno %d, family %d, %s, length %d\n", what, e, failed ? 0 : a->ss_family, text, failed ? 0 : (int)n);
}
static void names(const char *what, int s) {
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    printf("-- %s\n", what);
    shown("name", getsockname(s, (struct sockaddr *)&a, &n), &a, n);
    n = sizeof a;
    shown("peer", getpeername(s, (struct sockaddr *)&a, &n), &a, n);
}
static int portOf(int s) {
    struct sockaddr_in6 a;
    socklen_t n = sizeof a;
    getsockname(s, (struct sockaddr *)&a, &n);
    return ntohs(a.sin6_port);
}

static void streams(int only6) {
    char b[20] = "";
    int l = socket(AF_INET6, SOCK_STREAM, 0), c = socket(AF_INET6, SOCK_STREAM, 0), d = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0);
    printf("-- streams, only IPv6: %d\n", only6);
    names("fresh", l);
    SHOW(setsockopt(l, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof only6));
    SHOW(bind(l, to6("::", 0), 20));
    SHOW(bind(l, to4("0.0.0.0", 0), sizeof six));
    SHOW(bind(l, to6("2001:db8::1", 0), sizeof six));
    SHOW(bind(l, to6("::", 0), sizeof six));
    SHOW(setsockopt(l, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof only6));
    SHOW(listen(l, 5));
    int port = portOf(l);
    SHOW(bind(t, to4("127.0.0.1", port), sizeof four));
    SHOW(connect(c, to4("127.0.0.1", port), sizeof six));
    SHOW(connect(c, to6("::1", port), sizeof six));
    names("client", c);
    struct sockaddr_storage from;
    socklen_t n = sizeof from;
    int s = accept(l, (struct sockaddr *)&from, &n);
    shown("accepted", s < 0, &from, n);
    names("server", s);
    SHOW(write(c, "six", 3));
    SHOW(read(s, b, 20));
    close(s), close(c);
    int refused = connect(d, to4("127.0.0.1", port), sizeof four);
    printf("by IPv4: %d, errno %d\n", refused, refused ? errno : 0);
    if (!refused) {
        s = accept(l, (struct sockaddr *)&from, &n);
        shown("accepted", s < 0, &from, n);
        names("server", s), names("client", d);
        close(s);
    }
    close(d), close(t);
    c = socket(AF_INET6, SOCK_STREAM, 0);
    refused = connect(c, to6("::ffff:127.0.0.1", port), sizeof six);
    printf("by a mapped address: %d, errno %d\n", refused, refused ? errno : 0);
    if (!refused) names("mapped client", c);
    close(c), close(l);
    l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET6, SOCK_STREAM, 0), t = socket(AF_INET6, SOCK_STREAM, 0);
    bind(l, to4("0.0.0.0", 0), sizeof four), listen(l, 3);
    SHOW(connect(c, to6("::1", portOf(l)), sizeof six));
    SHOW(bind(t, to6("::1", portOf(l)), sizeof six));
    close(t);
    t = socket(AF_INET6, SOCK_STREAM, 0);
    SHOW(bind(t, to6("::", portOf(l)), sizeof six));
    close(l), close(c), close(t);
}

static void datagrams(void) {
    char b[20] = "";
    int r = socket(AF_INET6, SOCK_DGRAM, 0), s = socket(AF_INET6, SOCK_DGRAM, 0), f = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_storage from;
    socklen_t n = sizeof from;
    printf("-- datagrams\n");
    bind(r, to6("::", 0), sizeof six);
    SHOW(sendto(s, "six", 3, 0, to6("::1", portOf(r)), sizeof six));
    SHOW(recvfrom(r, b, 20, 0, (struct sockaddr *)&from, &n));
    shown("from", 0, &from, n);
    SHOW(sendto(f, "four", 4, 0, to4("127.0.0.1", portOf(r)), sizeof four));
    n = sizeof from;
    SHOW(recvfrom(r, b, 20, 0, (struct sockaddr *)&from, &n));
    shown("from", 0, &from, n);
    SHOW(sendto(r, "back", 4, 0, (struct sockaddr *)&from, n));
    n = sizeof from;
    SHOW(recvfrom(f, b, 20, 0, (struct sockaddr *)&from, &n));
    shown("from", 0, &from, n);
    SHOW(sendto(f, "x", 1, 0, to6("::1", portOf(r)), sizeof six));
    SHOW(sendto(s, "x", 1, 0, to6("::1", portOf(r)), 10));
    SHOW(connect(s, to6("::1", portOf(r)), sizeof six));
    names("connected", s);
    SHOW(write(s, "x", 1));
    SHOW(read(r, b, 20));
    close(r), close(s), close(f);
}

int main(void) {
    int v = -1, s = socket(AF_INET6, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t n = sizeof v;
    setvbuf(stdout, 0, _IOLBF, 0);
    streams(0);
    streams(1);
    datagrams();
    SHOW(getsockopt(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &v, &n));
    printf("%d\n", v);
    SHOW(getsockopt(s, SOL_SOCKET, SO_DOMAIN, &v, &n));
    printf("%d\n", v);
    SHOW(getsockopt(t, IPPROTO_IPV6, IPV6_V6ONLY, &v, &n));
    SHOW(setsockopt(s, IPPROTO_IP, IP_TOS, &v, n));
    SHOW(socket(AF_INET6, SOCK_STREAM, IPPROTO_UDP));
    return 0;
}
