// Signals by everything that sends them, with values, and siginfo_t as programs may forge it.
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void handler(int signal, siginfo_t *info, void *context) {}

static void forged(int signal, int code) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = signal, info.si_code = code, info.si_pid = 999999, info.si_uid = 6, info.si_value.sival_int = -3;
    info.si_utime = 7, info.si_stime = 250;
    syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info);
}

int main(void) {
    const struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    const struct itimerspec soon = {{0, 0}, {0, 1000000}};
    const struct itimerval alarm = {{0, 0}, {0, 1000}};
    struct sigevent event;
    sigset_t children;
    siginfo_t info;
    timer_t timer;
    memset(&event, 0, sizeof event);
    for (int signal = 1; signal < 65; ++signal) sigaction(signal, &action, 0);
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 0});
    sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 7});
    sigqueue(getpid(), 40, (union sigval){.sival_ptr = (void *)0x123456789abc});
    raise(SIGTERM);
    kill(getpid(), SIGHUP);
    event.sigev_signo = SIGUSR1, event.sigev_value.sival_int = 3;
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &soon, 0);
    pause();
    setitimer(ITIMER_REAL, &alarm, 0);
    pause();
    const mqd_t queue = mq_open("/strace_signals", O_CREAT | O_RDWR, 0600, 0);
    mq_notify(queue, &event);
    mq_send(queue, "x", 1, 0);
    mq_unlink("/strace_signals");
    for (int code = -8; code < 1; ++code) forged(SIGUSR2, code);
    forged(SIGUSR1, -60), forged(SIGUSR1, 77), forged(SIGUSR1, 128), forged(SIGCHLD, -1), forged(SIGCHLD, 2), forged(SIGSEGV, -1), forged(SIGSEGV, 1), forged(SIGTRAP, 1);
    sigemptyset(&children), sigaddset(&children, SIGCHLD), sigprocmask(SIG_BLOCK, &children, 0);
    if (!fork()) _exit(3);
    sigwaitinfo(&children, &info);
    wait(0);
    if (!fork()) setuid(1000), _exit(4);
    wait(0);
    sigprocmask(SIG_UNBLOCK, &children, 0);
    return 0;
}
