// epoll(7) in epoll: how deep, in circles, over how many paths; closing and adding while a thread waits.
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static int add(int ep, int fd) {
    struct epoll_event e = {EPOLLIN, {.u32 = 1}};
    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) ? errno : 0;
}
static void settle(void) { const struct timespec t = {0, 30000000}; nanosleep(&t, 0); }
static void chain(const char *what, int downwards) {
    int c[8];
    for (int i = 0; i < 8; ++i) c[i] = epoll_create1(0);
    printf("%s", what);
    for (int i = 0; i < 7; ++i) printf(" %d", downwards ? add(c[i], c[i + 1]) : add(c[6 - i], c[7 - i]));
    puts("");
    for (int i = 0; i < 8; ++i) close(c[i]);
}
static void paths(void) {
    const int top = epoll_create1(0), inner = epoll_create1(0), file = eventfd(1, 0);
    int added = 0, error = add(inner, file);
    while (!error && added < 700 && !(error = add(top, dup(inner)))) ++added;
    struct epoll_event e;
    printf("paths %d %s, ready %d\n", added, strerror(error), epoll_wait(top, &e, 1, 0));
}
static int ep, timeout;
static void *wait1(void *unused) {
    (void)unused;
    struct epoll_event e;
    printf("woke %d\n", epoll_wait(ep, &e, 1, timeout));
    return 0;
}
static void whileWaiting(int nested, int closes) {
    pthread_t t;
    const int inner = epoll_create1(0), file = eventfd(closes ? 0 : 1, 0);
    ep = epoll_create1(0);
    timeout = closes ? 100 : 5000;
    const int to = nested ? inner : ep;
    if (nested) add(ep, inner);
    if (closes) add(to, file);
    pthread_create(&t, 0, wait1, 0);
    settle();
    if (closes) close(file), close(inner);
    else add(to, file);
    pthread_join(t, 0);
}
int main(void) {
    setvbuf(stdout, 0, _IONBF, 0);
    chain("down", 1);
    chain("up", 0);
    const int a = epoll_create1(0), b = epoll_create1(0);
    printf("circle %d %d, itself %d\n", add(a, b), add(b, a), add(a, a));
    paths();
    for (int i = 0; i < 4; ++i) whileWaiting(i & 1, i >> 1);
    const int n = epoll_wait(a, (void *)0xffff800000000000, 1, 0);
    printf("kernel's address %d %s\n", n, strerror(errno));
}
