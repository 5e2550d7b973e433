/* setjmp and longjmp, also out of signal handlers and off an alternative stack; makecontext; atexit and abort. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <ucontext.h>
#endif

static jmp_buf place;
static sigjmp_buf rescue;
static volatile sig_atomic_t seenCode;

static void deep(int depth)
{
    volatile char room[200];
    memset((void *)room, depth, sizeof room);
    if (depth == 0)
        longjmp(place, 7);
    deep(depth - 1);
    printf("never %d\n", room[3]);
}

static void leave(int number, siginfo_t *info, void *context)
{
    (void)context;
    seenCode = info->si_code;
    siglongjmp(rescue, number);
}

static int overflow(volatile int depth)
{
    volatile char room[4096];
    room[0] = depth;
    return overflow(depth + 1) + room[0];
}

static void rescued(void)
{
    stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
    sigaltstack(&stack, NULL);
    struct sigaction action = {.sa_sigaction = leave, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    for (const int *number = (int[]){SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGTRAP, 0}; *number; number++)
        sigaction(*number, &action, NULL);
    volatile int zero = 0, caught;
    volatile char *nowhere = (char *)8;
    for (volatile int round = 0; round < 3; round++) {
        if ((caught = sigsetjmp(rescue, 1)) == 0)
            *nowhere = 1;
        printf("%s %d; ", strsignal(caught), seenCode);
        if ((caught = sigsetjmp(rescue, 1)) == 0)
            printf("%d\n", 100 / zero);
        printf("%s %d; ", strsignal(caught), seenCode);
        if ((caught = sigsetjmp(rescue, 1)) == 0)
            __asm__ volatile("ud2");
        printf("%s %d; ", strsignal(caught), seenCode);
        if ((caught = sigsetjmp(rescue, 1)) == 0)
            __asm__ volatile("int3");
        printf("%s %d\n", strsignal(caught), seenCode);
    }
    if ((caught = sigsetjmp(rescue, 1)) == 0)
        printf("%d\n", overflow(0));
    printf("stack: %s %d\n", strsignal(caught), seenCode);
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if ((caught = sigsetjmp(rescue, 1)) == 0)
        page[5] = 1;
    printf("protected: %s %d\n", strsignal(caught), seenCode);
}

#ifdef __GLIBC__
static ucontext_t here, there;

static void coroutine(int a, int b)
{
    for (int i = 0; i < 3; i++) {
        printf("coroutine %d\n", a * b + i);
        swapcontext(&there, &here);
    }
}

static void contexts(void)
{
    getcontext(&there);
    there.uc_stack.ss_sp = malloc(1 << 16);
    there.uc_stack.ss_size = 1 << 16;
    there.uc_link = &here;
    makecontext(&there, (void (*)(void))coroutine, 2, 6, 7);
    for (int i = 0; i < 4; i++)
        swapcontext(&here, &there);
}
#else
static void contexts(void) {}
#endif

static void goodbye(void)
{
    printf("goodbye\n");
    fflush(stdout);
}

int main(void)
{
    volatile int rounds = 0;
    int value = setjmp(place);
    rounds++;
    if (rounds < 4)
        deep(10 * rounds);
    printf("%d after %d\n", value, rounds);
    if ((value = setjmp(place)) == 0)
        longjmp(place, 0);
    printf("0 becomes %d\n", value);
    rescued();
    contexts();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        abort();
    }
    int status;
    waitpid(child, &status, 0);
    printf("%d %d\n", WIFSIGNALED(status), WTERMSIG(status));
    atexit(goodbye);
    atexit(goodbye);
    exit(9);
}
