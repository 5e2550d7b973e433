/* Ends that are out of the ordinary: the main thread before the others, threads that block, the parent of a vfork. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void* exitWhenTold(void* from) {
    char c;
    read(*(int*)from, &c, 1);
    _exit(17);
}
/* A process whose leader has ended lives on; it is no zombie for wait until its last thread ends. */
static void leaderFirst(void) {
    static int go[2];
    int status;
    if (pipe(go)) return;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        pthread_create(&thread, 0, exitWhenTold, &go[0]);
        pthread_exit(0);
    }
    usleep(5000);
    printf("leader ended: not yet %d", waitpid(child, &status, WNOHANG));
    printf(", takes signals %d", kill(child, 0));
    write(go[1], "g", 1);
    printf(", then %d", waitpid(child, &status, 0) == child);
    printf(" exit %d\n", WEXITSTATUS(status));
}

static pthread_mutex_t locked = PTHREAD_MUTEX_INITIALIZER;
static int never[2];
static void* blockInRead(void* unused) {
    char c;
    read(never[0], &c, 1);
    return unused;
}
static void* blockInFutex(void* unused) {
    pthread_mutex_lock(&locked);
    return unused;
}
static void* blockInSleep(void* unused) {
    sleep(1000);
    return unused;
}
static void* blockInWait(void* unused) {
    waitpid(-1, 0, 0);
    return unused;
}
static void startBlocked(void) {
    void* (*bodies[])(void*) = {blockInRead, blockInFutex, blockInSleep, blockInWait};
    if (pipe(never)) return;
    pthread_mutex_lock(&locked);
    pid_t child = fork();
    if (child == 0)
        for (;;) pause();
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        pthread_create(&thread, 0, bodies[i], 0);
    }
    usleep(10000);
    kill(child, SIGKILL);
}
static void whileBlocked(int how) {
    int status, ready[2];
    char c;
    if (pipe(ready)) return;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        startBlocked();
        write(ready[1], "r", 1);
        if (how == 0) _exit(11);
        if (how == 1) abort();
        if (how == 2) raise(SIGTERM);
        for (;;) pause();
    }
    if (how == 3) {
        read(ready[0], &c, 1);
        kill(child, SIGKILL);
    }
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) printf("blocked threads: exit %d\n", WEXITSTATUS(status));
    else printf("blocked threads: signal %d\n", WTERMSIG(status));
}

/* A fork in a program with threads has one thread in the child. */
static pthread_barrier_t started;
static void* waitForever(void* unused) {
    pthread_barrier_wait(&started);
    for (;;) pause();
    return unused;
}
static void* doubled(void* number) { return (void*)(2 * (long)number); }
static void forkWithThreads(void) {
    int status;
    pthread_t thread;
    pthread_barrier_init(&started, 0, 4);
    for (int i = 0; i < 3; i++) pthread_create(&thread, 0, waitForever, 0);
    pthread_barrier_wait(&started);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        void* result = 0;
        pthread_create(&thread, 0, doubled, (void*)21);
        pthread_join(thread, &result);
        _exit((int)(long)result);
    }
    waitpid(child, &status, 0);
    printf("fork with threads: exit %d\n", WEXITSTATUS(status));
}

/* A fatal signal reaches the parent of a vfork while it waits; the child goes on in their memory. */
static void killVforkParent(void) {
    int ready[2], go[2], status;
    char c = 0;
    if (pipe(ready) || pipe(go)) return;
    fflush(stdout);
    pid_t parent = fork();
    if (parent == 0) {
        if (vfork() == 0) {
            char byte;
            write(ready[1], "r", 1);
            read(go[0], &byte, 1);
            write(ready[1], "d", 1);
            _exit(0);
        }
        _exit(5);
    }
    close(ready[1]);
    read(ready[0], &c, 1);
    kill(parent, SIGTERM);
    printf("vfork's parent: %d", waitpid(parent, &status, 0) == parent);
    printf(", ended by %d", WTERMSIG(status) == SIGTERM);
    write(go[1], "g", 1);
    c = 0;
    read(ready[0], &c, 1);
    printf(", the child goes on %c", c);
    printf(", and ends %zd\n", read(ready[0], &c, 1));
}

int main(void) {
    leaderFirst();
    for (int how = 0; how < 4; how++) whileBlocked(how);
    killVforkParent();
    forkWithThreads();
    return 0;
}
