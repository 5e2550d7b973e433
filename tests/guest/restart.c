// Calls that a signal interrupts (signal(7)): with a handler, with SA_RESTART, and stopped and continued.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int pipes[2];
static pid_t sleeper;
static void handler(int sig) { (void)sig; }

static long reading(void) { char c; return read(pipes[0], &c, 1); }
static long napping(void) { const struct timespec t = {0, 60000000}; return nanosleep(&t, 0); }
static long untilThen(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += 60000000;
    if (t.tv_nsec >= 1000000000) ++t.tv_sec, t.tv_nsec -= 1000000000;
    const int error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0);
    errno = error;
    return error ? -1 : 0;
}
static long polling(void) { struct pollfd p = {pipes[0], POLLIN, 0}; return poll(&p, 1, 60); }
static long selecting(void) {
    fd_set set;
    struct timeval t = {0, 60000};
    FD_ZERO(&set);
    FD_SET(pipes[0], &set);
    return select(pipes[0] + 1, &set, 0, 0, &t);
}
static long waiting(void) { return waitpid(sleeper, 0, 0) == sleeper; }
static long onWord(void) {
    static int word;
    const struct timespec t = {0, 60000000};
    return syscall(SYS_futex, &word, 128 /* FUTEX_WAIT_PRIVATE */, 0, &t, 0, 0);
}
static long epolling(void) {
    struct epoll_event e;
    const int ep = epoll_create1(0);
    const long n = epoll_wait(ep, &e, 1, 60);
    const int error = errno;
    close(ep);
    errno = error;
    return n;
}
static long suspended(void) { sigset_t none; sigemptyset(&none); return sigsuspend(&none); }

static const struct { const char *name; long (*call)(void); int ends; } calls[] = {
    {"read", reading, 0}, {"nanosleep", napping, 1}, {"clock_nanosleep", untilThen, 1}, {"poll", polling, 1},
    {"select", selecting, 1}, {"waitpid", waiting, 1}, {"futex", onWord, 1}, {"epoll_wait", epolling, 0}, {"sigsuspend", suspended, 0}};

// A child makes the call; its parent disturbs it in the middle and reports how it ended.
static void disturb(int which, int flags, int stop) {
    int status;
    fflush(stdout);
    const pid_t child = fork();
    if (!child) {
        struct sigaction a = {.sa_handler = handler, .sa_flags = flags};
        sigaction(SIGUSR1, &a, 0);
        if (!(sleeper = fork())) {
            const struct timespec t = {0, 60000000};
            nanosleep(&t, 0);
            _exit(0);
        }
        errno = 0;
        const long result = calls[which].call();
        printf("%s: %ld %s\n", calls[which].name, result, result < 0 ? strerror(errno) : "");
        fflush(stdout);
        kill(sleeper, SIGKILL);
        _exit(0);
    }
    const struct timespec moment = {0, 20000000};
    nanosleep(&moment, 0);
    if (stop) {
        kill(child, SIGSTOP);
        waitpid(child, &status, WUNTRACED);
        kill(child, SIGCONT);
    } else {
        kill(child, SIGUSR1);
    }
    if (!calls[which].ends) {
        nanosleep(&moment, 0);
        write(pipes[1], "x", 1);
        if (stop) kill(child, SIGUSR1);
    }
    waitpid(child, &status, 0);
    char c;
    struct pollfd p = {pipes[0], POLLIN, 0};
    while (poll(&p, 1, 0) == 1) read(pipes[0], &c, 1);
}

int main(void) {
    pipe(pipes);
    const int n = sizeof calls / sizeof *calls;
    printf("a handler\n");
    for (int i = 0; i < n; ++i) disturb(i, 0, 0);
    printf("SA_RESTART\n");
    for (int i = 0; i < n; ++i) disturb(i, SA_RESTART, 0);
    printf("stopped and continued\n");
    for (int i = 0; i < n; ++i) if (i != 8) disturb(i, 0, 1);
    return 0;
}
