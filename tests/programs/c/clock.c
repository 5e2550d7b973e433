/* time: calendars, time zones, strftime and strptime; clocks that never go back, sleeps and alarms that last at least as long. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

static void calendars(void)
{
    static const char *const zones[] = {"UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0", "<+0545>-5:45"};
    static const time_t moments[] = {0, 86399, 951782400, 1711846799, 1711846800, 2147483648, 253402300799, -1, -2208988800};
    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
        setenv("TZ", zones[z], 1);
        tzset();
        for (size_t m = 0; m < sizeof moments / sizeof *moments; m++) {
            struct tm parts;
            char text[200];
            localtime_r(&moments[m], &parts);
            strftime(text, sizeof text, "%a %A %d %b %B %Y-%m-%dT%H:%M:%S %I%p %j %U %W %V %G %u %w %y %C %e %D %R %T %z %Z %%", &parts);
            printf("%s %d\n", text, mktime(&parts) == moments[m]);
        }
    }
    struct tm parts = {.tm_year = 124, .tm_mon = 14, .tm_mday = -3, .tm_hour = 50, .tm_isdst = -1};
    time_t made = mktime(&parts);
    printf("%ld %d-%d-%d %d\n", (long)made, parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_wday);
    memset(&parts, 0, sizeof parts);
    const char *rest = strptime("Sun, 22 Nov 2026 14:05:09 tail", "%a, %d %b %Y %H:%M:%S", &parts);
    printf("%s %ld %s", rest, (long)timegm(&parts), asctime(&parts));
    printf("%g\n", difftime(100, 250));
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static volatile sig_atomic_t alarms;

static void onAlarm(int number)
{
    (void)number;
    alarms++;
}

static void clocks(void)
{
    static const clockid_t list[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
                                     CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        int back = 0;
        double last = seconds(list[i]), first = last;
        for (int n = 0; n < 2000; n++) {
            double now = seconds(list[i]);
            back += now < last;
            last = now;
        }
        struct timespec resolution;
        printf("%d %d %d\n", back, last - first < 10, clock_getres(list[i], &resolution) == 0 && resolution.tv_sec == 0);
    }
    double before = seconds(CLOCK_MONOTONIC);
    struct timespec ten = {0, 10000000}, until;
    nanosleep(&ten, NULL);
    usleep(10000);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 10000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    double passed = seconds(CLOCK_MONOTONIC) - before;
    printf("slept %d\n", passed >= 0.030 && passed < 20);
    time_t wall = time(NULL);
    struct timeval day;
    gettimeofday(&day, NULL);
    printf("%d %d\n", day.tv_sec - wall >= 0 && day.tv_sec - wall < 20, wall > 1500000000);
    volatile unsigned long work = 0;
    clock_t start = clock();
    while (clock() - start < CLOCKS_PER_SEC / 50)
        for (int i = 0; i < 10000; i++)
            work += i;
    struct rusage usage;
    struct tms used;
    printf("%d %d %d\n", getrusage(RUSAGE_SELF, &usage), usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec >= 10000, times(&used) != (clock_t)-1);
}

static void timers(void)
{
    struct sigaction action = {.sa_handler = onAlarm};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval interval = {{0, 3000}, {0, 3000}}, off = {0};
    setitimer(ITIMER_REAL, &interval, NULL);
    while (alarms < 3)
        pause();
    setitimer(ITIMER_REAL, &off, NULL);
    printf("%d\n", alarms >= 3);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    timer_t timer;
    struct itimerspec once = {.it_value = {0, 5000000}}, left;
    printf("%d ", timer_create(CLOCK_MONOTONIC, &event, &timer));
    alarms = 0;
    timer_settime(timer, 0, &once, NULL);
    while (!alarms)
        usleep(1000);
    timer_gettime(timer, &left);
    printf("%d %ld %d\n", alarms, left.it_value.tv_nsec, timer_delete(timer));
    alarm(1);
    printf("%d %d\n", alarm(0) == 1, sleep(0));
    struct timespec long_ = {5, 0}, rest = {0};
    struct itimerval soon = {{0, 0}, {0, 2000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    int cut = nanosleep(&long_, &rest);
    printf("%d %d %d\n", cut, errno == EINTR, rest.tv_sec == 4);
}

int main(void)
{
    calendars();
    clocks();
    timers();
    return 0;
}
