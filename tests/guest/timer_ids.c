/* timer_create(2) that fails: which error comes first, and which failures use up a number (Linux 6.1). */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NO_CLOCK = 99, COARSE = 5, NOBODY = 32000 };
static void* const bad_address = (void*)8;

static void try(const char* what, int clock, void* event) {
    int id = -1;
    const long result = syscall(SYS_timer_create, clock, event, &id);
    const int error = errno;
    int next = -1;
    syscall(SYS_timer_create, CLOCK_MONOTONIC, 0, &next);
    printf("%s: %s; next %d\n", what, result ? strerror(error) : "done", next);
}

int main(void) {
    struct sigevent good, bad;
    memset(&good, 0, sizeof good);
    good.sigev_notify = SIGEV_SIGNAL;
    good.sigev_signo = SIGUSR1;
    bad = good;
    bad.sigev_notify = 77;
    const int dead_thread = ~NOBODY * 8 | 6, dead_process = ~NOBODY * 8 | 2;
    try("good", CLOCK_MONOTONIC, &good);
    try("no event", CLOCK_REALTIME, 0);
    try("bad event", CLOCK_MONOTONIC, &bad);
    try("event at a bad address", CLOCK_MONOTONIC, bad_address);
    try("no such clock", NO_CLOCK, &good);
    try("no such clock, bad event", NO_CLOCK, &bad);
    try("no such clock, event at a bad address", NO_CLOCK, bad_address);
    try("clock without timers", COARSE, &good);
    try("clock of nobody", dead_process, &good);
    try("clock of no thread", dead_thread, &good);
    try("clock of nobody, bad event", dead_process, &bad);
    const long result = syscall(SYS_timer_create, CLOCK_MONOTONIC, &good, bad_address);
    printf("number to a bad address: %s\n", result ? strerror(errno) : "done");
    try("good", CLOCK_MONOTONIC, &good);
    return 0;
}
