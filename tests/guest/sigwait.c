// Signals that somebody waits for with sigwait(3), though their action is to end the program or to do nothing; and which thread a
// signal of the process goes to; and what a thread other than the first has of process groups.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void later(int ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, 0);
}

static pid_t sender(int signal) {
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        later(50);
        if (signal) kill(parent, signal);
        _exit(3);
    }
    return child;
}

static void await(const char* what, const sigset_t* set, int signal) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    pid_t child = sender(signal);
    int got = sigwaitinfo(set, &info);
    printf("%s: %d code %d, from the child %d\n", what, got, info.si_code, info.si_pid == child);
    waitpid(child, 0, 0);
    struct timespec none = {0, 0};
    while (sigtimedwait(set, 0, &none) > 0) {}
}

static void* collector(void* set) {
    for (int i = 0; i < 3; ++i) {
        int got = 0;
        sigwait(set, &got);
        printf("thread: %d\n", got);
    }
    return 0;
}

static __thread int number;
static volatile int where[16], count, started;
static void note(int signal) { where[count++] = number * 100 + signal; }
static void* sleeper(void* n) {
    number = (int)(long)n;
    __sync_fetch_and_add(&started, 1);
    while (n != &number) pause();
    return n;
}

static void targets(void) {
    struct sigaction action = {.sa_handler = note};
    sigset_t all;
    sigfillset(&action.sa_mask);
    sigaction(SIGUSR2, &action, 0);
    pthread_t t;
    for (long i = 1; i < 4; ++i) pthread_create(&t, 0, sleeper, (void*)i);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, 0);
    while (started < 3) later(1);
    for (int i = 0; i < 3; ++i) {
        kill(getpid(), SIGUSR2);
        while (count == i) later(1);
    }
    for (int i = 0; i < count; ++i) printf("handled by %d\n", where[i]);
}

static void* groups(void* main_thread) {
    printf("group %d session %d\n", getpgrp() == getpgid(getpid()), getsid(0) == getsid(getpid()));
    setpgid(0, 0);
    printf("own group %d, kill %d, priority %d\n", getpgrp() == getpid(), kill(0, 0), getpriority(PRIO_PGRP, 0));
    pid_t child = fork();
    if (child == 0) _exit(getpgrp() == getppid() ? 0 : 1);
    int status = -1;
    printf("waits for the group %d, ", waitpid(0, &status, 0) == child);
    printf("status %d\n", status);
    return main_thread;
}

int main(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, 0);
    await("ends the program", &set, SIGTERM);
    await("ignored by default", &set, 0);
    signal(SIGUSR1, SIG_IGN);
    await("ignored", &set, SIGUSR1);
    signal(SIGUSR1, SIG_DFL);

    pthread_t t;
    pthread_create(&t, 0, collector, &set);
    later(50);
    for (int i = 0; i < 2; ++i) {
        kill(getpid(), i ? SIGTERM : SIGUSR1);
        later(50);
    }
    pid_t child = sender(0);
    pthread_join(t, 0);
    waitpid(child, 0, 0);
    pthread_create(&t, 0, groups, 0);
    pthread_join(t, 0);
    fflush(stdout);
    targets();
    return 0;
}
