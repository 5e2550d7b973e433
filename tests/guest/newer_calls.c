// What came after Linux 3.10: futex_waitv, membarrier, restartable sequences; and FUTEX_CMP_REQUEUE_PI.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <sys/rseq.h>
#endif

enum { PRIVATE = 128, WAKE = 1, LOCK_PI = 6, UNLOCK_PI = 7, WAIT_REQUEUE_PI = 11, CMP_REQUEUE_PI = 12, SIZE_32 = 2, TID = 0x3fffffff };
struct waitv { uint64_t val, uaddr; uint32_t flags, reserved; };
static uint32_t first, second, condition, lock;
static long futex(uint32_t *word, int op, long val, long more, uint32_t *word2) {
    return syscall(SYS_futex, word, op | PRIVATE, val, more, word2, 0);
}
static void settle(void) {
    const struct timespec t = {0, 30000000};
    nanosleep(&t, 0);
}
static void *waker(void *arg) {
    settle();
    futex(&second, WAKE, 1, 0, 0);
    return arg;
}
static void *waiter(void *arg) {
    const long result = futex(&condition, WAIT_REQUEUE_PI, 0, 0, &lock);
    printf("requeued %ld mine %d\n", result, (lock & TID) == (uint32_t)syscall(SYS_gettid));
    futex(&lock, UNLOCK_PI, 0, 0, 0);
    return arg;
}

#ifdef __GLIBC__
static void handler(int sig) { (void)sig; }
// A signal inside the critical section, from 1 to 2, leads to its abort handler, 4.
static int aborts(struct rseq *area) {
    int aborted = 0;
    signal(SIGUSR1, handler);
    __asm__ volatile(".pushsection __rseq_cs,\"aw\"\n\t.balign 32\n3:\t.long 0, 0\n\t.quad 1f, 2f-1f, 4f\n\t.popsection\n\t"
                     "lea 3b(%%rip), %%rax\n\tmov %%rax, %[cs]\n"
                     "1:\tmov %[pid], %%rdi\n\tmov $10, %%esi\n\tmov $62, %%eax\n\tsyscall\n\tnop\n2:\tjmp 5f\n\t"
                     ".byte 0x0f, 0xb9, 0x3d\n\t.long 0x53053053\n4:\tmovl $1, %[aborted]\n5:\n\t"
                     : [cs] "+m"(area->rseq_cs), [aborted] "+m"(aborted)
                     : [pid] "r"((long)getpid())
                     : "rax", "rcx", "r11", "rdi", "rsi", "memory");
    return aborted;
}
#endif

int main(void) {
    setvbuf(stdout, 0, _IONBF, 0);
    struct waitv both[2] = {{0, (uintptr_t)&first, SIZE_32 | PRIVATE, 0}, {0, (uintptr_t)&second, SIZE_32 | PRIVATE, 0}};
    pthread_t t;
    pthread_create(&t, 0, waker, 0);
    printf("waitv %ld\n", syscall(449, both, 2, 0, 0, 0));
    pthread_join(t, 0);
    both[1].val = 5;
    printf("changed %ld\n", syscall(449, both, 2, 0, 0, 0));
    futex(&lock, LOCK_PI, 0, 0, 0);
    pthread_create(&t, 0, waiter, 0);
    settle();
    printf("requeue %ld\n", futex(&condition, CMP_REQUEUE_PI, 1, 1, &lock));
    futex(&lock, UNLOCK_PI, 0, 0, 0);
    pthread_join(t, 0);
    const int commands[] = {8, 16, 8, 1 << 20};         // private, after registration, unknown
    for (int i = 0; i < 4; ++i) printf("membarrier %ld\n", syscall(SYS_membarrier, commands[i], 0, 0));
#ifdef __GLIBC__
    struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
    printf("rseq %d", aborts(area));
    printf(" section %d\n", area->rseq_cs != 0);
#endif
    return 0;
}
