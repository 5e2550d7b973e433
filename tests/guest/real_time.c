/* sched(7): policies and priorities, what an unprivileged process may do with them, and what fork makes of them. Who has a
   real-time policy only asks and answers here, so that nobody has to wait for long. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OTHER, FIFO, RR, BATCH, ISO, IDLE, RESET = 0x40000000, NOBODY = 65534, UNUSED_PID = 32000 };
struct parameter { int priority; };     /* musl's functions refuse to make these calls */

static long set(int pid, int policy, int priority) {
    struct parameter p = {priority};
    return syscall(SYS_sched_setscheduler, pid, policy, &p);
}
static long setPriority(int priority) {
    struct parameter p = {priority};
    return syscall(SYS_sched_setparam, 0, &p);
}
static const char* outcome(long result) {
    if (result >= 0) return "done";
    return errno == EINVAL ? "EINVAL" : errno == EPERM ? "EPERM" : errno == ESRCH ? "ESRCH" : errno == EFAULT ? "EFAULT" : "another error";
}
static void try(const char* what, long result) {
    printf("%s: %s\n", what, outcome(result));
    fflush(stdout);
}

static void state(const char* what) {
    struct parameter p = {-1};
    const long policy = syscall(SYS_sched_getscheduler, 0);
    syscall(SYS_sched_getparam, 0, &p);
    printf("%s: policy %ld%s, priority %d, nice %d\n", what, policy & 0xff, policy & RESET ? " reset on fork" : "", p.priority,
           getpriority(PRIO_PROCESS, 0));
    fflush(stdout);
}

static void inChild(const char* what, void (*run)(void)) {
    if (fork() == 0) {
        state(what);
        if (run) run();
        _exit(0);
    }
    int status;
    wait(&status);
    if (status) printf("%s: ended with %#x\n", what, status);
}

static void ranges(void) {
    for (int policy = -1; policy <= IDLE; policy++) {
        const long most = syscall(SYS_sched_get_priority_max, policy), least = syscall(SYS_sched_get_priority_min, policy);
        printf("policy %d: %ld to %ld\n", policy, least, most);
    }
}

static void refused(void) {
    try("FIFO 0", set(0, FIFO, 0));
    try("FIFO 100", set(0, FIFO, 100));
    try("FIFO -1", set(0, FIFO, -1));
    try("OTHER 1", set(0, OTHER, 1));
    try("BATCH 1", set(0, BATCH, 1));
    try("policy 4", set(0, ISO, 0));
    try("policy 99", set(0, 99, 0));
    try("policy -1", set(0, -1, 0));
    try("no such process", set(UNUSED_PID, OTHER, 0));
    try("process -1", set(-1, OTHER, 0));
    try("no parameter", syscall(SYS_sched_setscheduler, 0, FIFO, 0));
    try("bad parameter", syscall(SYS_sched_setscheduler, 0, FIFO, 8));
    try("setparam 5 of OTHER", setPriority(5));
    try("setparam 0 of OTHER", setPriority(0));
    try("setparam, no parameter", syscall(SYS_sched_setparam, 0, 0));
    try("getparam, no parameter", syscall(SYS_sched_getparam, 0, 0));
    try("getparam of nobody", syscall(SYS_sched_getparam, UNUSED_PID, &(struct parameter){0}));
    try("getscheduler of nobody", syscall(SYS_sched_getscheduler, UNUSED_PID));
    try("getscheduler of -1", syscall(SYS_sched_getscheduler, -1));
    state("unchanged");
}

static void asRoot(void) {
    static const struct { const char* name; int policy, priority; } rows[] = {
        {"FIFO 1", FIFO, 1}, {"FIFO 99", FIFO, 99}, {"RR 50", RR, 50}, {"BATCH", BATCH, 0}, {"IDLE", IDLE, 0}, {"OTHER", OTHER, 0},
        {"RR 7 reset", RR | RESET, 7}, {"BATCH reset", BATCH | RESET, 0}, {"OTHER again", OTHER, 0},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        try(rows[i].name, set(0, rows[i].policy, rows[i].priority));
        state(rows[i].name);
        inChild("its child", 0);
    }
    set(0, FIFO, 10);
    try("FIFO: setparam 20", setPriority(20));
    try("FIFO: setparam 0", setPriority(0));
    state("FIFO");
    set(0, OTHER, 0);
}

static void grandchild(void) { inChild("grandchild", 0); }
static void niceAndReset(void) {
    setpriority(PRIO_PROCESS, 0, -5);
    set(0, FIFO | RESET, 30);
    state("FIFO, nice -5, reset");
    inChild("child", grandchild);
    set(0, OTHER | RESET, 0);
    state("OTHER, nice -5, reset");
    inChild("child", grandchild);
    setpriority(PRIO_PROCESS, 0, 5);
    inChild("child of nice 5", grandchild);
}

static void becomeNobody(int limit) {
    const struct rlimit priorities = {limit, limit};
    setrlimit(RLIMIT_RTPRIO, &priorities);
    if (setuid(NOBODY)) printf("setuid failed\n");
}

static void withoutLimit(void) {
    becomeNobody(0);
    try("FIFO 1", set(0, FIFO, 1));
    try("RR 1", set(0, RR, 1));
    try("BATCH", set(0, BATCH, 0));
    try("IDLE", set(0, IDLE, 0));
    try("OTHER from IDLE", set(0, OTHER, 0));
    try("reset on fork", set(0, OTHER | RESET, 0));
    try("no reset on fork", set(0, OTHER, 0));
    try("OTHER of init", set(1, OTHER, 0));
    state("at the end");
}
static void withLimit(void) {
    becomeNobody(10);
    try("FIFO 11", set(0, FIFO, 11));
    try("FIFO 10", set(0, FIFO, 10));
    try("RR 10", set(0, RR, 10));
    try("setparam 11", setPriority(11));
    try("setparam 3", setPriority(3));
    try("setparam 9", setPriority(9));
    state("within the limit");
}
static void aboveLimit(void) {
    set(0, RR, 40);
    becomeNobody(0);
    state("kept");
    try("lower", setPriority(20));
    try("higher", setPriority(30));
    try("other policy", set(0, FIFO, 20));
    state("lowered");
    try("OTHER", set(0, OTHER, 0));
    try("RR again", set(0, RR, 1));
}

/* real_time limit: needs the right to raise a hard limit, which containers seldom have. */
int main(int argc, char** argv) {
    (void)argv;
    setvbuf(stdout, 0, _IOFBF, 4096);
    if (argc > 1) {
        inChild("RLIMIT_RTPRIO 10", withLimit);
        return 0;
    }
    ranges();
    refused();
    asRoot();
    inChild("nice and reset", niceAndReset);
    inChild("RLIMIT_RTPRIO 0", withoutLimit);
    inChild("RLIMIT_RTPRIO below", aboveLimit);
    return 0;
}
