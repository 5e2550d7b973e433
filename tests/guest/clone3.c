/* clone3(2): sizes, flags, the stack and the chosen number. Only for kernels that have it. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
struct arguments { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; };

static void attempt(const char* name, const void* arguments, size_t size) {
    int status = -1;
    fflush(stdout);
    long pid = syscall(SYS_clone3, arguments, size);
    if (pid == 0) _exit(3);
    if (pid < 0) {
        printf("%-20s %s\n", name, strerror(errno));
        return;
    }
    pid_t waited = waitpid(pid, &status, __WALL);
    printf("%-20s created %d exit %d\n", name, waited == pid, WEXITSTATUS(status));
}

static void handler(int sig) { (void)sig; }

/* CLONE_CLEAR_SIGHAND: caught signals get their default action, ignored ones stay ignored. */
static void handlersAreCleared(void) {
    struct arguments a = {.flags = 1ull << 32, .exit_signal = SIGCHLD};
    int status = -1;
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, handler);
    long pid = syscall(SYS_clone3, &a, sizeof a);
    if (pid == 0) {
        struct sigaction ignored, caught;
        sigaction(SIGUSR1, 0, &ignored);
        sigaction(SIGUSR2, 0, &caught);
        _exit((ignored.sa_handler == SIG_IGN) + 2 * (caught.sa_handler == SIG_DFL));
    }
    waitpid(pid, &status, 0);
    printf("cleared %d\n", WEXITSTATUS(status));
}

int main(void) {
    struct arguments plain = {.exit_signal = SIGCHLD}, a;
    struct { struct arguments known; uint64_t more; } longer = {{.exit_signal = SIGCHLD}, 0};
    attempt("plain", &plain, sizeof plain);
    attempt("version 0", &plain, 64);
    attempt("version 1", &plain, 80);
    attempt("too small", &plain, 56);
    attempt("longer, zero", &longer, sizeof longer);
    longer.more = 1;
    attempt("longer, not zero", &longer, sizeof longer);
    attempt("larger than a page", &plain, 4097);
    attempt("bad address", (void*)8, sizeof plain);
    a = plain, a.exit_signal = 65;
    attempt("exit signal 65", &a, sizeof a);
    a = plain, a.exit_signal = 0x111;
    attempt("exit signal 0x111", &a, sizeof a);
    a = plain, a.flags = 17;
    attempt("CSIGNAL in flags", &a, sizeof a);
    a = plain, a.flags = CLONE_DETACHED;
    attempt("DETACHED", &a, sizeof a);
    a = plain, a.flags = 1ull << 40;
    attempt("unknown flag", &a, sizeof a);
    a = plain, a.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
    attempt("thread with signal", &a, sizeof a);
    a = plain, a.flags = CLONE_PARENT;
    attempt("parent with signal", &a, sizeof a);
    a = plain, a.stack = 0x1000;
    attempt("stack without size", &a, sizeof a);
    a = plain, a.stack_size = 0x1000;
    attempt("size without stack", &a, sizeof a);
    a = plain, a.flags = CLONE_SIGHAND | CLONE_VM | (1ull << 32);
    attempt("SIGHAND and CLEAR", &a, sizeof a);
    a = plain, a.set_tid_size = 1;
    attempt("no set_tid", &a, sizeof a);
    a = plain, a.set_tid_size = 40, a.set_tid = (uintptr_t)&a;
    attempt("many set_tid", &a, sizeof a);
    pid_t taken = getpid(), zero = 0;
    a = plain, a.set_tid_size = 1, a.set_tid = (uintptr_t)&taken;
    attempt("set_tid taken", &a, sizeof a);
    a.set_tid = (uintptr_t)&zero;
    attempt("set_tid 0", &a, sizeof a);
    a.set_tid = 8;
    attempt("set_tid address", &a, sizeof a);
    pid_t wanted = 31999;
    a.set_tid = (uintptr_t)&wanted;
    long pid = syscall(SYS_clone3, &a, sizeof a);
    if (pid == 0) _exit(getpid() == wanted ? 4 : 5);
    int status = -1;
    waitpid(pid, &status, 0);
    printf("number %d exit %d\n", pid == wanted, WEXITSTATUS(status));
    handlersAreCleared();
    return 0;
}
