/* clone(2) with flags that Linux refuses, that choose the parent, and that choose the exit signal. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long rawClone(unsigned long flags) { return syscall(SYS_clone, flags, 0L, 0L, 0L, 0L); }

static void refused(const char* name, unsigned long flags) {
    long pid = rawClone(flags);
    if (pid == 0) _exit(0);
    printf("%-28s %s\n", name, pid < 0 ? strerror(errno) : "created");
    if (pid > 0) waitpid(pid, 0, __WALL);
}

/* The child of a child that is cloned with CLONE_PARENT belongs to us. */
static void sibling(void) {
    int ends[2], status;
    if (pipe(ends)) return;
    fflush(stdout);
    pid_t me = getpid(), child = fork();
    if (child == 0) {
        long grandchild = rawClone(CLONE_PARENT | SIGCHLD);
        if (grandchild == 0) _exit(getppid() == me ? 7 : 8);
        write(ends[1], &grandchild, sizeof grandchild);
        _exit(waitpid(grandchild, 0, 0) == -1 && errno == ECHILD ? 5 : 6);
    }
    waitpid(child, &status, 0);
    printf("child %d", WEXITSTATUS(status));
    long grandchild = 0;
    read(ends[0], &grandchild, sizeof grandchild);
    printf(" waited for its clone %d", waitpid(grandchild, &status, 0) == grandchild);
    printf(" exit %d\n", WEXITSTATUS(status));
}

static volatile sig_atomic_t caught;
static void onUser(int sig) { caught = sig; }

/* A child whose exit signal is not SIGCHLD is a clone child: seen with __WCLONE or __WALL only. */
static void exitSignals(void) {
    int status;
    fflush(stdout);
    long child = rawClone(0);
    if (child == 0) _exit(3);
    printf("no signal: wait %d", waitpid(child, &status, 0));
    printf(" %s", strerror(errno));
    printf(", __WCLONE %d", waitpid(child, &status, __WCLONE) == child);
    printf(" exit %d\n", WEXITSTATUS(status));
    signal(SIGUSR1, onUser);
    fflush(stdout);
    child = rawClone(SIGUSR1);
    if (child == 0) _exit(4);
    while (waitpid(child, &status, __WALL) != child) continue;
    printf("SIGUSR1: caught %d exit %d\n", caught == SIGUSR1, WEXITSTATUS(status));
    fflush(stdout);
    child = rawClone(SIGCHLD);
    if (child == 0) _exit(2);
    printf("SIGCHLD: __WCLONE %d", waitpid(child, &status, __WCLONE));
    printf(" %s\n", strerror(errno));
    waitpid(child, &status, 0);
}

int main(void) {
    refused("THREAD", CLONE_THREAD | SIGCHLD);
    refused("THREAD | SIGHAND", CLONE_THREAD | CLONE_SIGHAND | SIGCHLD);
    refused("THREAD | VM", CLONE_THREAD | CLONE_VM | SIGCHLD);
    refused("SIGHAND", CLONE_SIGHAND | SIGCHLD);
    refused("NEWNS | FS", CLONE_NEWNS | CLONE_FS | SIGCHLD);
    refused("NEWUSER | FS", CLONE_NEWUSER | CLONE_FS | SIGCHLD);
    refused("THREAD | NEWPID", CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWPID | SIGCHLD);
    refused("UNTRACED", CLONE_UNTRACED | SIGCHLD);
    refused("FILES | FS | SYSVSEM", CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | SIGCHLD);
    sibling();
    exitSignals();
    return 0;
}
