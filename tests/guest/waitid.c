/* waitid(2) and wait4(2): every option, what siginfo_t and the status say, and what is refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char* codeName(int code) {
    static const char* names[] = {"0", "EXITED", "KILLED", "DUMPED", "TRAPPED", "STOPPED", "CONTINUED"};
    return code >= 0 && code <= 6 ? names[code] : "?";
}
static void show(const char* what, pid_t child, int which, int id, int options) {
    siginfo_t info;
    memset(&info, 0x55, sizeof info);
    errno = 0;
    int result = waitid(which, id, &info, options);
    int error = errno;
    printf("%-22s %d", what, result);
    if (result < 0) printf(" %s\n", strerror(error));
    else printf(" signo %d code %s pid %d status %d\n", info.si_signo, codeName(info.si_code),
                info.si_pid == child ? 1 : info.si_pid, info.si_status);
}

static pid_t sleeper(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        for (;;) pause();
    return child;
}
static pid_t ended(int code) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) _exit(code);
    return child;
}

static void life(void) {
    pid_t child = sleeper();
    show("nothing yet", child, P_PID, child, WEXITED | WNOHANG);
    show("nothing stopped", child, P_ALL, 0, WSTOPPED | WNOHANG);
    kill(child, SIGSTOP);
    show("stopped, left", child, P_PID, child, WSTOPPED | WNOWAIT);
    show("stopped", child, P_PID, child, WSTOPPED | WEXITED);
    show("stopped once", child, P_PID, child, WSTOPPED | WNOHANG);
    kill(child, SIGCONT);
    show("continued, left", child, P_ALL, 0, WCONTINUED | WNOWAIT);
    show("continued", child, P_ALL, 0, WCONTINUED);
    show("continued once", child, P_ALL, 0, WCONTINUED | WNOHANG);
    kill(child, SIGTERM);
    show("killed, left", child, P_PGID, getpgrp(), WEXITED | WNOWAIT);
    show("killed, left again", child, P_PID, child, WEXITED | WNOWAIT);
    show("not stopped", child, P_PID, child, WSTOPPED | WNOHANG);
    show("killed", child, P_PID, child, WEXITED);
    show("gone", child, P_PID, child, WEXITED);
}

static void refusals(void) {
    show("no event", 0, P_ALL, 0, 0);
    show("no event, no hang", 0, P_ALL, 0, WNOHANG);
    show("unknown option", 0, P_ALL, 0, WEXITED | 0x100);
    show("unknown type", 0, 9, 1, WEXITED);
    show("pid 0", 0, P_PID, 0, WEXITED);
    show("pid -1", 0, P_PID, -1, WEXITED);
    show("pgid -1", 0, P_PGID, -1, WEXITED);
    show("nobody", 0, P_ALL, 0, WEXITED);
    int status;
    printf("wait4 options %d", wait4(-1, &status, 0x100, 0));
    printf(" %s\n", strerror(errno));
}

static void pointers(void) {
    pid_t child = ended(3);
    printf("wait4 bad status %d", (int)syscall(SYS_wait4, child, (void*)8, 0, (void*)0));
    printf(" %s", strerror(errno));
    printf(", reaped %d\n", waitpid(child, 0, 0) == -1 && errno == ECHILD);
    child = ended(4);
    printf("waitid without info %ld", syscall(SYS_waitid, P_PID, child, (void*)0, WEXITED, (void*)0));
    printf(", reaped %d\n", waitpid(child, 0, 0) == -1 && errno == ECHILD);
}

static void groups(void) {
    int status;
    pid_t mine = ended(1), other = sleeper();
    setpgid(other, other);
    printf("own group %d", wait4(0, &status, 0, 0) == mine);
    printf(" exit %d\n", WEXITSTATUS(status));
    printf("own group empty %d %s\n", wait4(0, &status, 0, 0), strerror(errno));
    kill(other, SIGKILL);
    printf("other group %d", wait4(-other, &status, 0, 0) == other);
    printf(" signal %d\n", WTERMSIG(status));
}

static void usage(void) {
    struct rusage ru;
    memset(&ru, 0x55, sizeof ru);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        static volatile char pages[64 * 4096];
        for (unsigned i = 0; i < sizeof pages; i += 4096) pages[i] = 1;
        for (volatile int i = 0; i < 3000000; i++) continue;
        _exit(0);
    }
    int status, result = wait4(child, &status, 0, &ru) == child;
    printf("usage %d: faults %d, resident %d, time %d\n", result, ru.ru_minflt >= 64, ru.ru_maxrss > 0,
           ru.ru_utime.tv_sec + ru.ru_utime.tv_usec + ru.ru_stime.tv_usec > 0);
    getrusage(RUSAGE_CHILDREN, &ru);
    printf("children's: faults %d, resident %d\n", ru.ru_minflt >= 64, ru.ru_maxrss > 0);
}

int main(void) {
    setpgid(0, 0);
    life();
    refusals();
    pointers();
    groups();
    usage();
    return 0;
}
