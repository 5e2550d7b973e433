// futex(2) by itself, and what pthreads build on it: mutexes of all kinds, conditions, barriers, thread-local data.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {              // <linux/futex.h>, which musl lacks
    FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_PRIVATE = 128, FUTEX_CLOCK_REALTIME = 256, FUTEX_WAIT_BITSET = 9,
    FUTEX_CMP_REQUEUE_PRIVATE = 4 | FUTEX_PRIVATE, FUTEX_WAKE_OP_PRIVATE = 5 | FUTEX_PRIVATE, FUTEX_LOCK_PI_PRIVATE = 6 | FUTEX_PRIVATE,
    FUTEX_UNLOCK_PI_PRIVATE = 7 | FUTEX_PRIVATE, FUTEX_TRYLOCK_PI_PRIVATE = 8 | FUTEX_PRIVATE,
    FUTEX_WAIT_BITSET_PRIVATE = 9 | FUTEX_PRIVATE, FUTEX_WAKE_BITSET_PRIVATE = 10 | FUTEX_PRIVATE,
    FUTEX_TID_MASK = 0x3fffffff, FUTEX_OWNER_DIED = 0x40000000, ADD_4_IF_LESS_THAN_5 = 1 << 28 | 2 << 24 | 4 << 12 | 5
};
static void report(const char *what, long result) { printf("%s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }
static long futex(void *word, int op, int val, const void *more, void *word2, int val3) {
    return syscall(SYS_futex, word, op, val, more, word2, val3);
}
static int first, second;
static void *waiter(void *arg) { return (void *)futex(&first, FUTEX_WAIT_BITSET_PRIVATE, 0, 0, 0, (int)(intptr_t)arg); }
static void settle(void) { const struct timespec t = {0, 30000000}; nanosleep(&t, 0); }

static void words(void) {
    const struct timespec past = {0, 0}, soon = {0, 1000000}, bad = {0, -1};
    report("changed", futex(&first, FUTEX_WAIT, 1, 0, 0, 0));
    report("timeout", futex(&first, FUTEX_WAIT, 0, &soon, 0, 0));
    report("past", futex(&first, FUTEX_WAIT_BITSET, 0, &past, 0, 1));
    report("bad time", futex(&first, FUTEX_WAIT, 0, &bad, 0, 0));
    report("no bits", futex(&first, FUTEX_WAIT_BITSET, 0, 0, 0, 0));
    report("unaligned", futex((char *)&first + 1, FUTEX_WAIT, 0, 0, 0, 0));
    report("no page", futex((void *)16, FUTEX_WAIT, 0, 0, 0, 0));
    report("unknown", futex(&first, 60, 0, 0, 0, 0));
    report("realtime wake", futex(&first, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 0, 0, 0, 0));
    pthread_t t[4];
    for (int i = 0; i < 4; ++i) pthread_create(&t[i], 0, waiter, (void *)(intptr_t)(1 << i));
    settle();
    report("wake bit 4", futex(&first, FUTEX_WAKE_BITSET_PRIVATE, 9, 0, 0, 4));
    report("requeue", futex(&first, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, &second, 0));
    report("requeue changed", futex(&first, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, &second, 5));
    second = 3;
    // second = 3 + 4, and both are woken because 3 < 5
    report("wake op", futex(&first, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &second, ADD_4_IF_LESS_THAN_5));
    printf("second %d\n", second);
    for (int i = 0; i < 4; ++i) pthread_join(t[i], 0);
    report("bad op", futex(&first, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &second, 7 << 28));
}

static uint32_t lock;
static void *holder(void *arg) {
    futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, 0, 0, 0);
    settle(), settle();
    if (!arg) futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, 0, 0, 0);
    return 0;
}
static void inheriting(void) {
    pthread_t t;
    report("lock", futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, 0, 0, 0));
    printf("mine %d\n", lock == (uint32_t)syscall(SYS_gettid));
    report("twice", futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, 0, 0, 0));
    report("unlock", futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, 0, 0, 0));
    report("not mine", futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, 0, 0, 0));
    pthread_create(&t, 0, holder, 0);
    settle();
    report("try", futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE, 0, 0, 0, 0));
    struct timespec when;
    clock_gettime(CLOCK_REALTIME, &when);
    report("late", futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, &when, 0, 0));
    report("wait", futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, 0, 0, 0));
    printf("mine %d\n", (lock & FUTEX_TID_MASK) == (uint32_t)syscall(SYS_gettid));
    pthread_join(t, 0);
    report("unlock", futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, 0, 0, 0));
    printf("free %u\n", lock);
    pthread_create(&t, 0, holder, &lock);               // dies with it
    settle();
    report("of the dead", futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, 0, 0, 0));
    printf("died %d mine %d\n", (lock & FUTEX_OWNER_DIED) != 0, (lock & FUTEX_TID_MASK) == (uint32_t)syscall(SYS_gettid));
    pthread_join(t, 0);
    lock = 0x3ffffff0;                                  // nobody's
    report("nobody", futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, 0, 0, 0));
}

static pthread_mutex_t mutex;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static __thread int own;
static int turns, total, serial;
static void *dier(void *arg) {
    pthread_mutex_lock(&mutex);
    return arg;
}
static void *adder(void *arg) {
    for (int i = 0; i < 2000; ++i) {
        pthread_mutex_lock(&mutex);
        ++total, ++own;
        pthread_mutex_unlock(&mutex);
    }
    const int mine = pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
    pthread_mutex_lock(&mutex);
    serial += mine;
    while (turns != (int)(intptr_t)arg) pthread_cond_wait(&condition, &mutex);
    printf("thread %d own %d\n", turns++, own);
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
    return 0;
}
static void libraries(int protocol, int robust) {
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    printf("protocol %d robust %d: %d %d\n", protocol, robust, pthread_mutexattr_setprotocol(&a, protocol), pthread_mutexattr_setrobust(&a, robust));
    pthread_mutex_init(&mutex, &a);
    pthread_barrier_init(&barrier, 0, 4);
    turns = total = serial = 0;
    pthread_t t[4];
    for (int i = 0; i < 4; ++i) pthread_create(&t[i], 0, adder, (void *)(intptr_t)i);
    for (int i = 0; i < 4; ++i) pthread_join(t[i], 0);
    printf("total %d serial %d own %d\n", total, serial, own);
    if (!robust) return;
    pthread_create(t, 0, dier, 0);
    pthread_join(t[0], 0);
    const int died = pthread_mutex_lock(&mutex);
    printf("lock %d", died == EOWNERDEAD);
    printf(" consistent %d", pthread_mutex_consistent(&mutex));
    printf(" unlock %d", pthread_mutex_unlock(&mutex));
    printf(" lock %d\n", pthread_mutex_lock(&mutex));
    pthread_mutex_unlock(&mutex);
}

// Waiting needs no right to write to a page that is shared; a private page would be another one behind a write.
static void readOnly(void) {
    struct timespec soon = {0, 1000000};
    for (int shared = 0; shared < 2; ++shared) {
        int* word = mmap(0, 4096, PROT_READ, MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE), -1, 0);
        const int operations[] = {FUTEX_WAIT, FUTEX_WAIT | FUTEX_PRIVATE, FUTEX_WAKE, 6 /* LOCK_PI */};
        for (int i = 0; i < 4; ++i) {
            printf("read-only %s, operation %d: ", shared ? "shared" : "private", operations[i]);
            report("", futex(word, operations[i], 1, &soon, 0, 0));
        }
        munmap(word, 4096);
    }
}

int main(void) {
    setvbuf(stdout, 0, _IONBF, 0);
    readOnly();
    words();
    inheriting();
    libraries(PTHREAD_PRIO_NONE, PTHREAD_MUTEX_STALLED);
    libraries(PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST);
    libraries(PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED);
    libraries(PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_ROBUST);
    return 0;
}
