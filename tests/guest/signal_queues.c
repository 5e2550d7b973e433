// Signals that wait: their order, sigqueue's values, sigtimedwait, signalfd, permission to send.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void report(const char *what, long result) { printf("%s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }
static void handler(int sig, siginfo_t *info, void *context) {
    (void)context;
    printf("handler %d code %d value %d\n", sig, info->si_code, info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
}
static void send(int sig, int value) {
    const union sigval v = {.sival_int = value};
    sigqueue(getpid(), sig, v);
}

static void inOrder(void) {
    sigset_t all, old;
    struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigfillset(&a.sa_mask);
    const int signals[] = {SIGUSR1, SIGTERM, SIGRTMIN, SIGRTMIN + 1, SIGRTMAX};
    for (int i = 0; i < 5; ++i) sigaction(signals[i], &a, 0);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    send(SIGRTMAX, 1), send(SIGRTMIN + 1, 2), send(SIGRTMIN, 3), send(SIGRTMIN, 4), send(SIGRTMIN + 1, 5);
    send(SIGTERM, 6), send(SIGUSR1, 7), send(SIGUSR1, 8);
    sigset_t pending;
    sigpending(&pending);
    printf("pending %d %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGRTMAX), sigismember(&pending, SIGHUP));
    // one by one, so that the handlers run in the order of delivery
    sigset_t one;
    siginfo_t info;
    sigemptyset(&one);
    sigaddset(&one, SIGRTMIN);
    const int took = sigwaitinfo(&one, &info);
    printf("took %d value %d code %d\n", took == SIGRTMIN, info.si_value.sival_int, info.si_code);
    const struct timespec none = {0, 0}, some = {0, 1000000};
    sigemptyset(&one);
    sigaddset(&one, SIGALRM);
    report("timed out", sigtimedwait(&one, &info, &none));
    report("timed out", sigtimedwait(&one, &info, &some));
    sigprocmask(SIG_SETMASK, &old, 0);
}

static void throughDescriptor(void) {
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, &old);
    const int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    struct signalfd_siginfo got[4];
    printf("signalfd %d\n", fd >= 0);
    report("empty", read(fd, got, sizeof got));
    report("too small", read(fd, got, 100));
    send(SIGRTMIN, 11), send(SIGRTMIN, 12), kill(getpid(), SIGUSR1);
    const ssize_t n = read(fd, got, sizeof got);
    for (int i = 0; i < n / (int)sizeof *got; ++i)
        printf("got %d code %d int %d mine %d\n", got[i].ssi_signo, got[i].ssi_code, got[i].ssi_int, got[i].ssi_pid == (unsigned)getpid());
    const int blocking = signalfd(-1, &set, 0);
    const pid_t child = fork();
    if (!child) _exit(9);
    read(blocking, got, sizeof *got);
    printf("child %d code %d status %d\n", got[0].ssi_signo == SIGCHLD, got[0].ssi_code, got[0].ssi_status);
    waitpid(child, 0, 0);
    sigdelset(&set, SIGCHLD);
    printf("same descriptor %d\n", signalfd(blocking, &set, 0) == blocking);
    report("not one", signalfd(1, &set, 0));
    report("bad flags", signalfd(-1, &set, 0x40000000));
    sigprocmask(SIG_SETMASK, &old, 0);
}

static void refusals(void) {
    signal(SIGTERM, SIG_DFL);
    report("no process", kill(999999, 0));
    report("no signal", kill(getpid(), 65));
    printf("probe %d\n", kill(getpid(), 0));
    report("tgkill", syscall(SYS_tgkill, getpid() + 1000, getpid(), SIGUSR1));
    report("tkill", syscall(SYS_tkill, 0, SIGUSR1));
    siginfo_t forged = {.si_code = SI_USER};
    const pid_t child = fork();
    if (!child) {
        for (;;) pause();
    }
    report("forged", syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &forged));
    forged.si_code = SI_QUEUE;
    printf("queued %ld\n", syscall(SYS_rt_sigqueueinfo, child, SIGTERM, &forged));
    int status;
    waitpid(child, &status, 0);
    printf("ended by %d\n", WTERMSIG(status));
    struct sigaction a = {.sa_handler = SIG_IGN};
    report("kill handler", sigaction(SIGKILL, &a, 0));
}

static void automatic(void) {
    signal(SIGCHLD, SIG_IGN);
    if (!fork()) _exit(1);
    report("ignored:", wait(0));
    struct sigaction a = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
    sigaction(SIGCHLD, &a, 0);
    if (!fork()) _exit(1);
    report("nocldwait:", wait(0));
    signal(SIGCHLD, SIG_DFL);
}

static volatile int children;
static void onChild(int sig) { (void)sig, ++children; }
static void stopping(void) {
    struct sigaction a = {.sa_handler = onChild};
    sigaction(SIGCHLD, &a, 0);
    const pid_t child = fork();
    if (!child) {
        for (;;) pause();
    }
    int status;
    kill(child, SIGSTOP);
    pid_t got;
    while ((got = waitpid(child, &status, WUNTRACED)) < 0) {}
    printf("stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
    kill(child, SIGTERM);
    printf("still there %d\n", waitpid(child, &status, WNOHANG));
    kill(child, SIGCONT);
    while ((got = waitpid(child, &status, WCONTINUED)) < 0) {}
    if (WIFCONTINUED(status))
        while ((got = waitpid(child, &status, 0)) < 0) {}
    printf("then %d; children told %d\n", WTERMSIG(status), children > 0);
}

int main(void) {
    setvbuf(stdout, 0, _IONBF, 0);
    inOrder();
    throughDescriptor();
    refusals();
    automatic();
    stopping();
    return 0;
}
