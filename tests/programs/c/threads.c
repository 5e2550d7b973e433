/* Lives of POSIX threads: attributes, own data, cancelling, signals, fork in a thread, shared memory; C11 threads. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 500 };

static sem_t semaphore;

static void inThreads(void *(*body)(void *), void *argument)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, body, argument))
            printf("pthread_create\n");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int destroyed, cleaned, begun;
static __thread int mine = 5;

static void initialize(void)
{
    begun++;
}

static void destroy(void *value)
{
    destroyed += (int)(long)value;
}

static void clean(void *value)
{
    cleaned += (int)(long)value;
}

static void *own(void *value)
{
    pthread_once(&once, initialize);
    pthread_setspecific(key, (void *)3);
    mine += 2;
    return pthread_getspecific(key) == (void *)3 && mine == 7 ? value : NULL;
}

static void *waitForCancel(void *how)
{
    if (how)
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    pthread_setcancelstate(old, NULL);
    pthread_cleanup_push(clean, (void *)10);
    pthread_cleanup_push(clean, (void *)1);
    sem_post(&semaphore);
    if (how)
        for (volatile long spinning = 0;; spinning++)
            ;
    for (;;)
        how ? (void)0 : (void)pause();
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *leaveEarly(void *value)
{
    pthread_cleanup_push(clean, (void *)100);
    pthread_exit(value);
    pthread_cleanup_pop(0);
    return NULL;
}

static void lives(void)
{
    void *result;
    pthread_t thread;
    pthread_key_create(&key, destroy);
    inThreads(own, "x");
    printf("once %d destroyed %d mine %d\n", (int)begun, (int)destroyed, mine);
    for (long how = 0; how < 2; how++) {
        pthread_create(&thread, NULL, waitForCancel, (void *)how);
        sem_wait(&semaphore);
        printf("cancel %d ", pthread_cancel(thread));
        pthread_join(thread, &result);
        printf("%d %d\n", result == PTHREAD_CANCELED, (int)cleaned);
    }
    pthread_create(&thread, NULL, leaveEarly, "exit value");
    pthread_join(thread, &result);
    printf("%s %d\n", (char *)result, (int)cleaned);
}

static void *describe(void *unused)
{
    pthread_attr_t attributes;
    size_t size;
    void *stack;
    char name[16] = "";
    cpu_set_t cpus;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &stack, &size);
    pthread_setname_np(pthread_self(), "described");
    prctl(PR_GET_NAME, name);
    printf("%d %d %s", size >= (1 << 18), (char *)&size > (char *)stack && (char *)&size < (char *)stack + size, name);
    printf(" %d\n", pthread_getaffinity_np(pthread_self(), sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) > 0);
    sem_post(&semaphore);
    return unused;
}

static void attributes(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t size;
    int state;
    pthread_attr_init(&attributes);
    printf("%d ", pthread_attr_setstacksize(&attributes, 1 << 18));
    pthread_attr_setguardsize(&attributes, 1 << 14);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_getstacksize(&attributes, &size), pthread_attr_getdetachstate(&attributes, &state);
    printf("%zu %d %d ", size, state == PTHREAD_CREATE_DETACHED, pthread_attr_setstacksize(&attributes, 1) == EINVAL);
    fflush(stdout);
    pthread_create(&thread, &attributes, describe, NULL);
    sem_wait(&semaphore);
    static char stack[1 << 18] __attribute__((aligned(4096)));
    pthread_attr_destroy(&attributes), pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, sizeof stack);
    pthread_create(&thread, &attributes, describe, NULL);
    pthread_join(thread, NULL), sem_wait(&semaphore);
    struct sched_param parameter = {0};
    int policy = -1;
    printf("%d %d\n", pthread_getschedparam(pthread_self(), &policy, &parameter), policy == SCHED_OTHER);
    printf("%d\n", pthread_equal(pthread_self(), pthread_self()) != 0);
}

static void *waitForSignal(void *set)
{
    int number = 0;
    sem_post(&semaphore);
    sigwait(set, &number);
    return (void *)(long)number;
}

static __thread volatile sig_atomic_t handled;

static void onSignal(int number)
{
    handled = number;
}

static void *waitForHandler(void *unused)
{
    sem_post(&semaphore);
    while (!handled)
        sched_yield();
    return unused ? unused : (void *)(long)handled;
}

static void signals(void)
{
    sigset_t set;
    pthread_t thread;
    void *result;
    sigemptyset(&set), sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&thread, NULL, waitForSignal, &set);
    sem_wait(&semaphore);
    printf("%d ", pthread_kill(thread, SIGUSR1));
    pthread_join(thread, &result);
    printf("%s\n", strsignal((int)(long)result));
    struct sigaction action = {.sa_handler = onSignal};
    sigaction(SIGUSR2, &action, NULL);
    pthread_create(&thread, NULL, waitForHandler, NULL);
    sem_wait(&semaphore);
    pthread_kill(thread, SIGUSR2);
    pthread_join(thread, &result);
    printf("%s here %d\n", strsignal((int)(long)result), (int)handled);
    pthread_create(&thread, NULL, waitForSignal, &set);
    sem_wait(&semaphore);
    kill(getpid(), SIGUSR1);
    pthread_join(thread, &result);
    printf("%d\n", result == (void *)SIGUSR1);
}

static int prepared;

static void prepare(void) { prepared = prepared * 10 + 1; }
static void parent(void) { prepared = prepared * 10 + 2; }
static void child(void) { prepared = prepared * 10 + 3; }

struct Shared {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    sem_t semaphore;
    int value;
};

static void *forkInThread(void *argument)
{
    struct Shared *shared = argument;
    pthread_atfork(prepare, parent, child);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(&shared->mutex);
        shared->value = prepared;
        pthread_cond_signal(&shared->condition);
        pthread_mutex_unlock(&shared->mutex);
        sem_wait(&shared->semaphore);
        _exit(4);
    }
    pthread_mutex_lock(&shared->mutex);
    while (!shared->value)
        pthread_cond_wait(&shared->condition, &shared->mutex);
    pthread_mutex_unlock(&shared->mutex);
    sem_post(&shared->semaphore);
    int status;
    waitpid(pid, &status, 0);
    printf("child %d parent %d status %d\n", shared->value, prepared, WEXITSTATUS(status));
    return NULL;
}

static void processes(void)
{
    struct Shared *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t mutex;
    pthread_condattr_t condition;
    pthread_mutexattr_init(&mutex), pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_condattr_init(&condition), pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared->mutex, &mutex), pthread_cond_init(&shared->condition, &condition);
    sem_init(&shared->semaphore, 1, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, forkInThread, shared);
    pthread_join(thread, NULL);
}

static mtx_t standardLock;
static cnd_t standardCondition;
static tss_t standardKey;
static int standardCount;

static int standardThread(void *argument)
{
    tss_set(standardKey, argument);
    for (int i = 0; i < ROUNDS; i++) {
        mtx_lock(&standardLock);
        standardCount++;
        cnd_signal(&standardCondition);
        mtx_unlock(&standardLock);
        if (i % 64 == 0)
            thrd_yield();
    }
    return tss_get(standardKey) == argument ? 7 : 0;
}

static void standard(void)
{
    thrd_t thread;
    int result;
    mtx_init(&standardLock, mtx_plain), cnd_init(&standardCondition), tss_create(&standardKey, NULL);
    printf("%d ", thrd_create(&thread, standardThread, &result) == thrd_success);
    mtx_lock(&standardLock);
    while (standardCount < ROUNDS)
        cnd_wait(&standardCondition, &standardLock);
    mtx_unlock(&standardLock);
    thrd_join(thread, &result);
    printf("%d %d\n", standardCount, result);
}

int main(void)
{
    sem_init(&semaphore, 0, 0);
    lives();
    attributes();
    signals();
    processes();
    standard();
    printf("last\n");
    fflush(stdout);
    pthread_exit(NULL);
}
