// Which task acts upon which signal: queued ones, one that ends a process while another waits, stops, one that a thread takes, and a child of clone3.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[65536] __attribute__((aligned(16)));

static void handler(int signal, siginfo_t *info, void *context) {}

static void mask(int how, int signal) {
    sigset_t set;
    sigemptyset(&set), sigaddset(&set, signal), sigprocmask(how, &set, 0);
}

static int never[2];

static int taker(void *nothing) {
    sigset_t none;
    sigemptyset(&none), sigsuspend(&none);
    usleep(100000);                                 // until the other one reads
    syscall(SYS_exit_group, 0);
    return 0;
}

static void reads(void) {
    char byte;
    read(never[0], &byte, 1);
}

static void threads(void) {
    mask(SIG_BLOCK, SIGUSR2);
    clone(taker, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, 0);
    kill(getpid(), SIGUSR2);
    reads();
}

static void killed(int signal) {
    const pid_t child = fork();
    if (!child) reads();
    usleep(100000);
    kill(child, signal);
    wait(0);
}

int main(void) {
    const struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO}, at_the_end = {.sa_flags = SA_NOCLDSTOP};
    siginfo_t info;
    int status;
    sigaction(40, &action, 0), sigaction(SIGUSR2, &action, 0);
    mask(SIG_BLOCK, 40);
    sigqueue(getpid(), 40, (union sigval){.sival_int = 1});
    sigqueue(getpid(), 40, (union sigval){.sival_int = 2});
    mask(SIG_UNBLOCK, 40);
    if (!fork()) mask(SIG_BLOCK, SIGHUP), raise(SIGHUP), raise(SIGTERM), _exit(1);
    wait(0);
    if (!fork()) kill(getpid(), SIGTERM), _exit(1);
    wait(0);
    if (!fork()) kill(getpid(), SIGKILL), _exit(1);
    wait(0);
    sigaction(SIGCHLD, &at_the_end, 0);             // it would come during a wait, or before
    if (!fork()) raise(SIGSTOP), _exit(5);
    const pid_t child = waitpid(-1, &status, WUNTRACED);
    kill(child, SIGCONT);
    wait(0);
    memset(&info, 0, sizeof info);
    info.si_code = SI_TIMER, info.si_errno = 5, info.si_pid = 7;
    memset((char *)&info + 32, 0x5a, 8);
    syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR2, &info);
    pipe(never);
    killed(SIGKILL), killed(SIGTERM);
    if (!fork()) threads();
    wait(0);
    const unsigned long how[8] = {CLONE_PARENT_SETTID, 0, 0, (unsigned long)&status, SIGCHLD};      // struct clone_args
    if (!syscall(SYS_clone3, how, sizeof how)) _exit(0);
    wait(0);
    return 0;
}
