/* Nice values, scheduling policies and limits, as root and as a user without privileges. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char* what, long result) {
    if (result < 0) printf("%-24s %s\n", what, strerror(errno));
    else printf("%-24s %ld\n", what, result);
}

static void niceValues(void) {
    int status;
    say("nice 5", setpriority(PRIO_PROCESS, 0, 5));
    say("now", syscall(SYS_getpriority, PRIO_PROCESS, 0));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) _exit((int)syscall(SYS_getpriority, PRIO_PROCESS, 0));
    waitpid(child, &status, 0);
    printf("inherited %d\n", WEXITSTATUS(status));
    say("nice 100", setpriority(PRIO_PROCESS, 0, 100));
    say("now", syscall(SYS_getpriority, PRIO_PROCESS, 0));
    say("which 3", setpriority(3, 0, 0));
    say("of nobody", setpriority(PRIO_PROCESS, 999999, 0));
    say("get of nobody", syscall(SYS_getpriority, PRIO_PROCESS, 999999));
    say("get which 3", syscall(SYS_getpriority, 3, 0));
    say("group", setpriority(PRIO_PGRP, 999999, 0));
}

static void policies(void) {
    struct sched_param p = {0};
    say("policy", syscall(SYS_sched_getscheduler, 0));
    say("batch", syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &p));
    say("policy", syscall(SYS_sched_getscheduler, 0));
    say("idle", syscall(SYS_sched_setscheduler, 0, SCHED_IDLE, &p));
    say("other", syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p));
    say("fifo without priority", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p));
    p.sched_priority = 100;
    say("fifo 100", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p));
    p.sched_priority = 1;
    say("other 1", syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p));
    say("unknown", syscall(SYS_sched_setscheduler, 0, 99, &p));
    say("negative", syscall(SYS_sched_setscheduler, 0, -1, &p));
    say("no parameter", syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, 0));
    say("of nobody", syscall(SYS_sched_setscheduler, 999999, SCHED_OTHER, &p));
    say("get of nobody", syscall(SYS_sched_getscheduler, 999999));
    say("get of -1", syscall(SYS_sched_getscheduler, -1));
    say("max fifo", sched_get_priority_max(SCHED_FIFO));
    say("min rr", sched_get_priority_min(SCHED_RR));
    say("max other", sched_get_priority_max(SCHED_OTHER));
    say("max unknown", sched_get_priority_max(77));
    say("affinity bytes", syscall(SYS_sched_getaffinity, 0, 4, &p));
    say("yield", sched_yield());
}

static volatile sig_atomic_t tooLarge;
static void onTooLarge(int sig) {
    (void)sig;
    tooLarge++;
}
static void fileSize(void) {
    static char bytes[3000];
    const struct rlimit limit = {5000, RLIM_INFINITY};
    int fd = open("limit.tmp", O_RDWR | O_CREAT | O_TRUNC, 0600);
    unlink("limit.tmp");
    signal(SIGXFSZ, onTooLarge);
    setrlimit(RLIMIT_FSIZE, &limit);
    say("write", write(fd, bytes, sizeof bytes));
    say("write up to the limit", write(fd, bytes, sizeof bytes));
    say("write behind it", write(fd, bytes, sizeof bytes));
    say("write nothing", write(fd, bytes, 0));
    say("truncate", ftruncate(fd, 6000));
    say("truncate below", ftruncate(fd, 4000));
    say("pwrite", pwrite(fd, bytes, 10, 4999));
    printf("signals %d\n", (int)tooLarge);
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_DFL);
        write(fd, bytes, sizeof bytes);
        pwrite(fd, bytes, 1, 5000);
        _exit(1);
    }
    waitpid(child, &status, 0);
    printf("by default killed by %d\n", WTERMSIG(status) == SIGXFSZ);
    close(fd);
}

static void processes(void) {
    const struct rlimit four = {4, 4}, more = {5, 5};
    struct rlimit now;
    pid_t children[8];
    int count = 0;
    setrlimit(RLIMIT_NPROC, &four);
    while (count < 8 && (children[count] = fork()) >= 0) {
        if (children[count] == 0)
            for (;;) pause();
        count++;
    }
    printf("processes: %d more, then %s\n", count, strerror(errno));
    say("raise the hard limit", setrlimit(RLIMIT_NPROC, &more));
    getrlimit(RLIMIT_NPROC, &now);
    printf("limit %d %d\n", (int)now.rlim_cur, (int)now.rlim_max);
    for (int i = 0; i < count; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], 0, 0);
    }
    pid_t again = fork();
    if (again == 0) _exit(0);
    printf("again %d\n", waitpid(again, 0, 0) == again);
}

static void unprivileged(void) {
    struct sched_param p = {0};
    if (setgid(54321) || setuid(54321)) return;
    say("user: nice 19", setpriority(PRIO_PROCESS, 0, 19));
    say("user: nice 0", setpriority(PRIO_PROCESS, 0, 0));
    say("user: init", setpriority(PRIO_PROCESS, 1, 5));
    p.sched_priority = 1;
    say("user: fifo", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p));
    processes();
}

int main(void) {
    int status;
    policies();
    fileSize();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        unprivileged();
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    niceValues();
    return 0;
}
