// POSIX timers, interval timers, timerfd, eventfd, epoll. Only what does not depend on how fast the machine is.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static volatile int seen, value, code;
static void report(const char *what, long result) { printf("%s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }
static void handler(int sig, siginfo_t *info, void *context) {
    (void)sig, (void)context;
    ++seen;
    value = info->si_value.sival_int;
    code = info->si_code;
}
static void catch(int sig) {
    struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(sig, &a, 0);
}
static volatile unsigned long work;
static void burnUntil(int wanted) {
    while (seen < wanted) ++work;
}

static int create(int clock, int notify, int signo, int with) {
    struct sigevent e = {.sigev_notify = notify, .sigev_signo = signo, .sigev_value.sival_int = with};
    int id = -1;
    if (notify == SIGEV_THREAD_ID) ((int *)&e)[4] = (int)syscall(SYS_gettid);
    return syscall(SYS_timer_create, clock, &e, &id) ? -errno : id;
}
static void arm(int id, int flags, long ns, long every) {
    const struct itimerspec t = {{0, every}, {0, ns}};
    report("settime", syscall(SYS_timer_settime, id, flags, &t, 0));
}
static void posix(void) {
    const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    catch(SIGRTMIN + 3);
    for (int i = 0; i < 4; ++i) {
        const int id = create(clocks[i], i & 1 ? SIGEV_THREAD_ID : SIGEV_SIGNAL, SIGRTMIN + 3, 100 + i);
        seen = 0;
        arm(id, 0, 2000000, i == 3 ? 1000000 : 0);
        burnUntil(i == 3 ? 3 : 1);
        printf("clock %d: value %d code %d\n", i, value, code);
        report("delete", syscall(SYS_timer_delete, id));
        report("deleted", syscall(SYS_timer_delete, id));
    }
    const int none = create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);
    struct itimerspec left;
    arm(none, 0, 500000000, 0);
    report("gettime", syscall(SYS_timer_gettime, none, &left));
    printf("left %d\n", left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 500000000);
    arm(none, TIMER_ABSTIME, 1, 0);                     // long ago
    syscall(SYS_timer_gettime, none, &left);
    printf("expired %ld %ld\n", (long)left.it_value.tv_sec, (long)left.it_value.tv_nsec);
    report("overrun of none", syscall(SYS_timer_getoverrun, none));
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 4);
    sigprocmask(SIG_BLOCK, &set, 0);
    const int periodic = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 4, 5);
    arm(periodic, 0, 1000000, 1000000);
    const struct timespec while_blocked = {0, 30000000};
    nanosleep(&while_blocked, 0);
    sigwaitinfo(&set, &info);
    printf("overruns %d %d\n", info.si_overrun >= 10, syscall(SYS_timer_getoverrun, periodic) == info.si_overrun);
    report("bad clock", create(77, SIGEV_SIGNAL, SIGALRM, 0) < 0 ? -1 : 0);
    report("bad signal", create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 99, 0) < 0 ? -1 : 0);
    report("bad notify", create(CLOCK_MONOTONIC, 9, SIGALRM, 0) < 0 ? -1 : 0);
}

static void intervals(void) {
    const int which[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}, signals[] = {SIGALRM, SIGVTALRM, SIGPROF};
    for (int i = 0; i < 3; ++i) {
        const struct itimerval t = {{0, 2000}, {0, 2000}}, off = {{0, 0}, {0, 0}};
        struct itimerval old;
        catch(signals[i]);
        seen = 0;
        report("setitimer", setitimer(which[i], &t, 0));
        burnUntil(3);
        getitimer(which[i], &old);
        printf("period %ld running %d\n", (long)old.it_interval.tv_usec, old.it_value.tv_usec > 0);
        setitimer(which[i], &off, &old);
        getitimer(which[i], &old);
        printf("off %ld\n", (long)old.it_value.tv_usec);
    }
    report("setitimer 3", syscall(SYS_setitimer, 3, 0, 0));
    printf("alarm %u", alarm(100));
    printf(" %d\n", alarm(0) > 90);
}

static void descriptors(void) {
    const int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), e = eventfd(3, 0), s = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    uint64_t n = 0;
    report("early", read(t, &n, 8));
    const struct itimerspec setting = {{0, 5000000}, {0, 5000000}};
    report("timerfd_settime", timerfd_settime(t, 0, &setting, 0));
    struct pollfd p = {t, POLLIN, 0};
    printf("poll %d", poll(&p, 1, -1));
    printf(" %x\n", p.revents);
    read(t, &n, 8);
    printf("ticks %d\n", n >= 1);
    report("short", read(e, &n, 4));
    read(e, &n, 8);
    printf("count %d\n", (int)n);
    for (int i = 0; i < 3; ++i) report("semaphore", read(s, &n, 8));
    n = ~0ull;
    report("too much", write(s, &n, 8));
    report("not a timerfd", timerfd_settime(e, 0, &setting, 0));
    report("bad flags", eventfd(0, 0x10));
    const int ep = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event want = {EPOLLIN, {.u32 = 7}}, got[4];
    report("add", epoll_ctl(ep, EPOLL_CTL_ADD, e, &want));
    report("add again", epoll_ctl(ep, EPOLL_CTL_ADD, e, &want));
    report("nothing", epoll_wait(ep, got, 4, 0));
    n = 1;
    write(e, &n, 8);
    for (int i = 0; i < 2; ++i) report("level", epoll_wait(ep, got, 4, 0));
    printf("data %u events %x\n", got[0].data.u32, got[0].events);
    want.events = EPOLLIN | EPOLLET;
    report("mod", epoll_ctl(ep, EPOLL_CTL_MOD, e, &want));
    for (int i = 0; i < 2; ++i) report("edge", epoll_wait(ep, got, 4, 0));
    write(e, &n, 8);
    report("new edge", epoll_wait(ep, got, 4, 0));
    want.events = EPOLLIN | EPOLLONESHOT;
    epoll_ctl(ep, EPOLL_CTL_MOD, e, &want);
    for (int i = 0; i < 2; ++i) report("oneshot", epoll_wait(ep, got, 4, 0));
    report("del", epoll_ctl(ep, EPOLL_CTL_DEL, e, 0));
    report("del again", epoll_ctl(ep, EPOLL_CTL_DEL, e, 0));
    report("itself", epoll_ctl(ep, EPOLL_CTL_ADD, ep, &want));
    report("timeout", epoll_wait(ep, got, 4, 5));
}

int main(void) {
    setvbuf(stdout, 0, _IONBF, 0);
    posix();
    intervals();
    descriptors();
    return 0;
}
