// RLIMIT_RTTIME: what a real-time task may run for without sleeping.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int exceeded;
static void on_xcpu(int signal) { (void)signal, ++exceeded; }

static void run(const char* what, rlim_t soft, rlim_t hard, int sleeping)
{
    fflush(stdout);
    if (fork() == 0) {
        const struct sched_param priority = {.sched_priority = 1};
        const struct rlimit limit = {soft, hard};
        struct rlimit after;
        signal(SIGXCPU, on_xcpu);
        setrlimit(RLIMIT_RTTIME, &limit);
        if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority)) printf("no real time\n");
        for (int i = 0; sleeping && i < 20; ++i) {
            for (volatile int spin = 0; spin < 1000000; ++spin);
            usleep(1000);
        }
        while (!sleeping && exceeded < (hard == RLIM_INFINITY ? 1 : 100));
        getrlimit(RLIMIT_RTTIME, &after);
        printf("%s: exceeded %d, limit + %ld\n", what, exceeded, (long)(after.rlim_cur - soft));
        fflush(stdout);
        _exit(0);
    }
    int status;
    wait(&status);
    printf("%s: ended %x\n", what, status);
}

int main(void)
{
    run("soft", 30000, RLIM_INFINITY, 0);
    run("hard", 60000, 60000, 0);
    run("sleeping", 30000, RLIM_INFINITY, 1);
    return 0;
}
