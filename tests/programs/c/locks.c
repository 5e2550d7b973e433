/* What POSIX threads wait for: mutexes of every kind, conditions, read-write and spin locks, barriers, semaphores. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { THREADS = 4, ROUNDS = 500 };

static struct timespec soon(clockid_t clock, long milliseconds)
{
    struct timespec at;
    clock_gettime(clock, &at);
    at.tv_nsec += milliseconds * 1000000;
    if (at.tv_nsec >= 1000000000)
        at.tv_sec++, at.tv_nsec -= 1000000000;
    return at;
}

static void inThreads(void *(*body)(void *), void *argument)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, body, argument))
            printf("pthread_create\n");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static long counted;

static void *count(void *mutex)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(mutex);
        long seen = counted;
        if (i % 16 == 0)
            sched_yield();
        counted = seen + 1;
        pthread_mutex_unlock(mutex);
    }
    return NULL;
}

static void *die(void *mutex)
{
    pthread_mutex_lock(mutex);
    return NULL;
}

static void *tryIt(void *mutex)
{
    struct timespec at = soon(CLOCK_REALTIME, 5);
    printf(" %s ", pthread_mutex_trylock(mutex) == EBUSY ? "busy" : "free");
    printf("%s ", pthread_mutex_timedlock(mutex, &at) == ETIMEDOUT ? "late" : "?");
    printf("%s", pthread_mutex_unlock(mutex) == EPERM ? "not mine" : "unchecked");
    return NULL;
}

/* Whoever locks after the owner has died learns it; who does not repair it makes it unusable. */
static void orphan(pthread_mutex_t *mutex)
{
    pthread_t other;
    pthread_create(&other, NULL, die, mutex);
    pthread_join(other, NULL);
    printf(" owner dead %d", pthread_mutex_lock(mutex) == EOWNERDEAD);
    printf(" %d", pthread_mutex_consistent(mutex));
    printf(" %d", pthread_mutex_unlock(mutex));
    pthread_create(&other, NULL, die, mutex);
    pthread_join(other, NULL);
    pthread_mutex_lock(mutex), pthread_mutex_unlock(mutex);
    printf(" lost %d", pthread_mutex_lock(mutex) == ENOTRECOVERABLE);
}

static void mutex(int type, int protocol, int robust)
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t mutex;
    pthread_t other;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    int refused = pthread_mutexattr_setprotocol(&attributes, protocol);
    pthread_mutexattr_setrobust(&attributes, robust);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&mutex, &attributes);
    counted = 0;
    inThreads(count, &mutex);
    printf("type %d protocol %d robust %d: %d %ld", type, protocol, robust, refused, counted);
    pthread_mutex_lock(&mutex);
    if (type != PTHREAD_MUTEX_NORMAL)
        printf(" again %d", pthread_mutex_lock(&mutex));
    if (type == PTHREAD_MUTEX_ERRORCHECK) {
        pthread_create(&other, NULL, tryIt, &mutex);
        pthread_join(other, NULL);
    }
    pthread_mutex_unlock(&mutex);
    if (type == PTHREAD_MUTEX_RECURSIVE)
        printf(" last %d", pthread_mutex_unlock(&mutex));
    if (robust == PTHREAD_MUTEX_ROBUST)
        orphan(&mutex);
    printf("\n");
}

static void mutexes(void)
{
    static const int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_RECURSIVE};
    for (size_t t = 0; t < 3; t++)
        for (int kind = 0; kind < 4; kind++)
            mutex(types[t], kind & 1 ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE,
                  kind & 2 ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t notEmpty = PTHREAD_COND_INITIALIZER, notFull = PTHREAD_COND_INITIALIZER;
static int queue[8], used, done;

static void *produce(void *unused)
{
    for (int i = 1; i <= ROUNDS; i++) {
        pthread_mutex_lock(&lock);
        while (used == 8)
            pthread_cond_wait(&notFull, &lock);
        queue[used++] = i;
        pthread_cond_signal(&notEmpty);
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

static void *consume(void *sum)
{
    for (;;) {
        pthread_mutex_lock(&lock);
        while (!used && !done)
            pthread_cond_wait(&notEmpty, &lock);
        if (!used)
            break;
        *(atomic_long *)sum += queue[--used];
        pthread_cond_signal(&notFull);
        pthread_mutex_unlock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void conditions(void)
{
    static atomic_long sum;
    pthread_t consumers[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&consumers[i], NULL, consume, &sum);
    inThreads(produce, NULL);
    pthread_mutex_lock(&lock);
    done = 1;
    pthread_cond_broadcast(&notEmpty);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 2; i++)
        pthread_join(consumers[i], NULL);
    printf("conditions %ld\n", (long)sum);
    pthread_condattr_t attributes;
    pthread_cond_t monotonic;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&monotonic, &attributes);
    struct timespec at = soon(CLOCK_MONOTONIC, 5);
    pthread_mutex_lock(&lock);
    printf("timed %d\n", pthread_cond_timedwait(&monotonic, &lock, &at) == ETIMEDOUT);
    pthread_mutex_unlock(&lock);
    pthread_cond_destroy(&monotonic);
}

static pthread_rwlock_t readWrite = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_barrier_t barrier;
static sem_t semaphore;
static atomic_int serial, inside, most, torn;
static long pair[2];

static void *readAndWrite(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 10 == 0) {
            pthread_rwlock_wrlock(&readWrite);
            pair[0]++;
            sched_yield();
            pair[1]++;
        } else {
            pthread_rwlock_rdlock(&readWrite);
            torn += pair[0] != pair[1];
        }
        pthread_rwlock_unlock(&readWrite);
        pthread_spin_lock(&spin);
        counted++;
        pthread_spin_unlock(&spin);
    }
    for (int i = 0; i < 20; i++) {
        serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
        sem_wait(&semaphore);
        int now = ++inside;
        if (now > most)
            most = now;
        sched_yield();
        inside--;
        sem_post(&semaphore);
    }
    return unused;
}

static void locks(void)
{
    struct timespec at = soon(CLOCK_REALTIME, 5);
    counted = 0;
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    pthread_barrier_init(&barrier, NULL, THREADS);
    sem_init(&semaphore, 0, 2);
    inThreads(readAndWrite, NULL);
    int value;
    sem_getvalue(&semaphore, &value);
    printf("locks %ld %ld %d %ld serial %d most %d value %d\n", pair[0], pair[1], (int)torn, counted, (int)serial, most <= 2, value);
    sem_wait(&semaphore), sem_wait(&semaphore);
    int failed = sem_trywait(&semaphore);
    printf("%d %d ", failed, errno == EAGAIN);
    failed = sem_timedwait(&semaphore, &at);
    printf("%d %d\n", failed, errno == ETIMEDOUT);
    pthread_rwlock_rdlock(&readWrite);
    printf("%d %d %d\n", pthread_rwlock_tryrdlock(&readWrite), pthread_rwlock_trywrlock(&readWrite) == EBUSY,
           pthread_spin_trylock(&spin));
    pthread_rwlock_unlock(&readWrite), pthread_rwlock_unlock(&readWrite);
}

int main(void)
{
    mutexes();
    conditions();
    locks();
    return 0;
}
