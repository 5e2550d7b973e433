// What a program finds that another one has left to it: execve(2), "Effect on process attributes".
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void handler(int signal) { (void)signal; }

static void show_signals(void)
{
    struct sigaction action;
    sigset_t set;
    stack_t stack;
    int numbers[] = {SIGUSR1, SIGHUP, SIGCHLD, SIGTERM};
    for (int i = 0; i < 4; i++) {
        sigaction(numbers[i], NULL, &action);
        printf("signal %d: %s flags %x\n", numbers[i], action.sa_handler == SIG_DFL ? "default" : action.sa_handler == SIG_IGN ? "ignored" : "caught",
               action.sa_flags & ~0x04000000);
    }
    sigprocmask(SIG_BLOCK, NULL, &set);
    printf("blocked: %d %d\n", sigismember(&set, SIGUSR2), sigismember(&set, SIGTERM));
    sigpending(&set);
    printf("pending: %d %d\n", sigismember(&set, SIGUSR2), sigismember(&set, SIGTERM));
    sigaltstack(NULL, &stack);
    printf("alternate stack: %d %d\n", stack.ss_sp != NULL, stack.ss_flags);
}

static void show_rest(void)
{
    struct itimerval timer;
    struct rlimit limit;
    char text[256], comm[16];
    int death = -1;
    unsigned mxcsr;
    unsigned short control;
    getitimer(ITIMER_REAL, &timer);
    printf("alarm: %d\n", timer.it_value.tv_sec > 0);
    printf("posix timer: %d\n", timer_gettime((timer_t)0, &(struct itimerspec){0}) == 0);
    printf("cwd: %s, umask %o, nice %d\n", getcwd(text, sizeof text), umask(0), getpriority(PRIO_PROCESS, 0));
    printf("descriptors: %d %d, offset %ld\n", fcntl(10, F_GETFD), fcntl(11, F_GETFD), (long)lseek(10, 0, SEEK_CUR));
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("open files: %ld %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
    prctl(PR_GET_NAME, comm);
    prctl(PR_GET_PDEATHSIG, &death);
    printf("name: %s, death signal %d, dumpable %d\n", comm, death, prctl(PR_GET_DUMPABLE));
    __asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(control));
    printf("mxcsr %x, control %x\n", mxcsr, control);
    printf("mapping: %d, secure %ld\n", msync((void *)0x10000000, 4096, MS_ASYNC) == 0, (long)getauxval(AT_SECURE));
}

static void prepare(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
    struct itimerval timer = {.it_value = {1000, 0}};
    struct rlimit limit = {200, 300};
    timer_t posix;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    unsigned mxcsr = 0x7f80;
    unsigned short control = 0x0c7f;
    sigset_t set;
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGHUP, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR2);
    sigaltstack(&stack, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    timer_create(CLOCK_MONOTONIC, &event, &posix);
    if (chdir("/tmp"))
        exit(1);
    umask(027);
    setpriority(PRIO_PROCESS, 0, 5);
    int file = open("/proc/self/exe", O_RDONLY);
    dup2(file, 10);
    dup3(file, 11, O_CLOEXEC);
    lseek(10, 100, SEEK_SET);
    setrlimit(RLIMIT_NOFILE, &limit);
    prctl(PR_SET_NAME, "renamed");
    prctl(PR_SET_PDEATHSIG, SIGUSR2);
    mmap((void *)0x10000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    __asm__ volatile("ldmxcsr %0; fldcw %1" ::"m"(mxcsr), "m"(control));
}

int main(int argc, char **argv)
{
    int status;
    if (argc > 1) {
        printf("pid kept: %d, ", atoi(argv[1]) == getpid());
        printf("child: %d\n", waitpid(atoi(argv[2]), &status, 0) == atoi(argv[2]) ? WEXITSTATUS(status) : -1);
        show_signals();
        show_rest();
        return 0;
    }
    prepare();
    char self[16], child[16];
    pid_t pid = fork();
    if (!pid)
        _exit(3);
    snprintf(self, sizeof self, "%d", getpid());
    snprintf(child, sizeof child, "%d", pid);
    execl(argv[0], argv[0], self, child, (char *)NULL);
    return 1;
}
