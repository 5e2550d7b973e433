/* Who adopts whom: orphans of a subreaper, of init, of another thread; the signal for a parent's death; many orphans. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void subreaper(void) {
    int status, is = -1;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_GET_CHILD_SUBREAPER, &is);
    printf("subreaper %d\n", is);
    fflush(stdout);
    pid_t me = getpid(), child = fork();
    if (child == 0) {
        int inherited = -1;
        prctl(PR_GET_CHILD_SUBREAPER, &inherited);
        if (fork() == 0) {
            while (getppid() != me) usleep(1000);
            _exit(20 + inherited);
        }
        _exit(10);
    }
    waitpid(child, &status, 0);
    printf("child %d", WEXITSTATUS(status));
    pid_t orphan = wait(&status);
    printf(" orphan is ours %d exit %d\n", orphan > 0 && orphan != child, WEXITSTATUS(status));
}

static volatile sig_atomic_t told;
static void onTold(int sig) { told = sig; }
static void deathSignal(void) {
    int ends[2], status;
    if (pipe(ends)) return;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (fork() == 0) {
            signal(SIGUSR2, onTold);
            prctl(PR_SET_PDEATHSIG, SIGUSR2);
            write(ends[1], "r", 1);
            while (!told) usleep(1000);
            _exit(told == SIGUSR2 ? 30 : 31);
        }
        char c;
        read(ends[0], &c, 1);
        _exit(0);
    }
    waitpid(child, &status, 0);
    wait(&status);
    printf("parent's death: exit %d\n", WEXITSTATUS(status));
    printf("refused: %d", prctl(PR_SET_PDEATHSIG, 65));
    printf(" %s\n", strerror(errno));
}

/* A zombie whose parent dies goes to the reaper as a zombie. */
static void zombieOrphan(void) {
    int status, sum = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        pid_t zombie = fork();
        if (zombie == 0) _exit(3);
        siginfo_t info;
        waitid(P_PID, zombie, &info, WEXITED | WNOWAIT);
        _exit(4);
    }
    for (int i = 0; i < 2; i++)
        if (wait(&status) > 0) sum += WEXITSTATUS(status);
    printf("zombie and its parent: %d\n", sum);
}

/* What a thread forks is a child of the process: it stays when the thread ends. */
static void* forker(void* result) {
    pid_t child = fork();
    if (child == 0) {
        usleep(5000);
        _exit(6);
    }
    *(pid_t*)result = child;
    return 0;
}
static void threadsChild(void) {
    pthread_t thread;
    pid_t child;
    int status = -1;
    pthread_create(&thread, 0, forker, &child);
    pthread_join(thread, 0);
    printf("thread's child %d", waitpid(child, &status, 0) == child);
    printf(" exit %d\n", WEXITSTATUS(status));
}

static void manyOrphans(void) {
    enum { MANY = 300 };
    int status, adopted = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < MANY; i++)
            if (fork() == 0) {
                usleep(1000);
                _exit(0);
            }
        _exit(1);
    }
    waitpid(child, &status, 0);
    while (wait(&status) > 0) adopted++;
    printf("adopted %d\n", adopted);
}

int main(void) {
    subreaper();
    deathSignal();
    zombieOrphan();
    threadsChild();
    manyOrphans();
    return 0;
}
