// Threads of libc: create and join, a mutex, a condition variable, a barrier, thread-local storage, once.
#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, ROUNDS = 2000, ITEMS = 50 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread long mine;
static long total, sum_of_mine, initialised;
static int queue[4], queued, consumed;

static void initialise(void) { ++initialised; }

static void* count(void* argument) {
    pthread_once(&once, initialise);
    for (int i = 0; i < ROUNDS; ++i) {
        mine += (long)argument;
        pthread_mutex_lock(&lock);
        ++total;
        pthread_mutex_unlock(&lock);
    }
    const int serial = pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
    pthread_mutex_lock(&lock);
    sum_of_mine += mine;
    pthread_mutex_unlock(&lock);
    return (void*)(long)serial;
}

static void* consume(void* unused) {
    long sum = 0;
    (void)unused;
    for (int i = 0; i < ITEMS; ++i) {
        pthread_mutex_lock(&lock);
        while (queued == 0) pthread_cond_wait(&changed, &lock);
        sum += queue[--queued];
        ++consumed;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    return (void*)sum;
}

int main(void) {
    pthread_t threads[THREADS], consumer;
    long serials = 0;
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (long i = 0; i < THREADS; ++i) pthread_create(&threads[i], NULL, count, (void*)(i + 1));
    for (int i = 0; i < THREADS; ++i) {
        void* result;
        pthread_join(threads[i], &result);
        serials += (long)result;
    }
    printf("total %ld, thread-local %ld, serial %ld, once %ld, main's own %ld\n", total, sum_of_mine, serials, initialised, mine);

    pthread_create(&consumer, NULL, consume, NULL);
    for (int i = 1; i <= ITEMS; ++i) {
        pthread_mutex_lock(&lock);
        while (queued == 4) pthread_cond_wait(&changed, &lock);
        queue[queued++] = i;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    void* sum;
    pthread_join(consumer, &sum);
    printf("consumed %d, sum %ld\n", consumed, (long)sum);
    return 0;
}
