/* Process groups and sessions: what setpgid and setsid refuse, and what happens to a stopped orphaned group. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char* what, int result) { printf("%-30s %d %s\n", what, result < 0 ? -1 : 0, result < 0 ? strerror(errno) : ""); }

static void refusals(const char* self) {
    int ends[2];
    if (pipe(ends)) return;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        write(ends[1], "x", 1);
        for (;;) pause();
    }
    char c;
    read(ends[0], &c, 1);
    say("negative group", setpgid(0, -1));
    say("no such process", setpgid(999999, 0));
    say("parent", setpgid(getppid(), 0));
    say("group that is not there", setpgid(child, 999999));
    say("child into own group", setpgid(child, child));
    printf("is its group's leader %d\n", getpgid(child) == child);
    say("child back", setpgid(child, getpgrp()));
    say("child's session", getsid(child) == getsid(0) ? 0 : -1);
    say("session of nobody", getsid(999999));
    say("group of nobody", getpgid(999999));
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
    int closes[2];
    if (pipe(closes)) return;
    child = fork();
    if (child == 0) {
        dup2(closes[1], 60);
        execl(self, self, "wait", (char*)0);
        _exit(1);
    }
    read(closes[0], &c, 1);
    say("after exec", setpgid(child, child));
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
}

static void sessionLeader(void) {
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int bad = 0;
        bad |= setsid() != getpid();
        bad |= (getsid(0) != getpid() || getpgrp() != getpid()) << 1;
        bad |= (setsid() != -1 || errno != EPERM) << 2;
        bad |= (setpgid(0, 0) != -1 || errno != EPERM) << 3;
        pid_t grandchild = fork();
        if (grandchild == 0) _exit(setsid() == getpid() ? 0 : 1);
        waitpid(grandchild, &status, 0);
        bad |= (WEXITSTATUS(status) != 0) << 4;
        _exit(bad);
    }
    waitpid(child, &status, 0);
    printf("leader %d\n", WEXITSTATUS(status));
}

/* setpgid(2), exit(3): a stopped group that becomes orphaned is hung up and continued. */
static volatile sig_atomic_t hangups, continues;
static void count(int sig) {
    if (sig == SIGHUP) hangups++;
    else continues++;
}
static void orphanedGroup(void) {
    int ends[2];
    char seen[2] = {0, 0};
    if (pipe(ends)) return;
    fflush(stdout);
    pid_t shell = fork();
    if (shell == 0) {
        pid_t job = fork();
        if (job == 0) {
            setpgid(0, 0);
            signal(SIGHUP, count);
            signal(SIGCONT, count);
            raise(SIGSTOP);
            while (!hangups || !continues) usleep(1000);
            char told[2] = {(char)hangups, (char)continues};
            write(ends[1], told, 2);
            _exit(0);
        }
        int status;
        waitpid(job, &status, WUNTRACED);
        _exit(WIFSTOPPED(status) ? 9 : 8);
    }
    close(ends[1]);
    int status;
    waitpid(shell, &status, 0);
    read(ends[0], seen, 2);
    printf("shell %d, job hung up %d, continued %d\n", WEXITSTATUS(status), seen[0], seen[1]);
}

int main(int argc, char** argv) {
    if (argc > 1) {
        write(60, "x", 1);
        for (;;) pause();
    }
    refusals(argv[0]);
    sessionLeader();
    orphanedGroup();
    return 0;
}
