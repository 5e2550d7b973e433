/* Clocks move forward, sleeping takes at least as long as asked, timers and alarm signals arrive. */
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int alarms;

static void onAlarm(int number) { alarms += number == SIGALRM; }

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(void) {
    double before = now();
    struct timespec shortly = {0, 30000000};
    printf("nanosleep %d\n", nanosleep(&shortly, 0));
    double slept = now() - before;
    printf("slept %d\n", slept >= 0.03 && slept < 5);
    signal(SIGALRM, onAlarm);
    struct itimerval once = {{0, 0}, {0, 20000}};
    setitimer(ITIMER_REAL, &once, 0);
    pause();
    printf("alarms %d\n", alarms);
    printf("after 2020 %d\n", time(0) > 1577836800);
    return 0;
}
