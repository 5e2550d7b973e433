/* Handlers that interrupt themselves until the stack, or the alternate stack, has no room for a frame: SIGSEGV ends them. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char alternate[65536];

static void again(int sig) {
    raise(sig);
}

static void recurse(int flags) {
    const stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = again;
    action.sa_flags = SA_NODEFER | flags;
    if (flags) sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    _exit(0);
}

int main(void) {
    for (int onStack = 0; onStack < 2; ++onStack) {
        const pid_t child = fork();
        if (child == 0) recurse(onStack ? SA_ONSTACK : 0);
        int status;
        waitpid(child, &status, 0);
        printf("%s stack: signal %d\n", onStack ? "alternate" : "main", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
    return 0;
}
