/* Handlers, masks, the order of pending signals, siginfo, alternate stacks, leaving a handler by longjmp. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int order[16], count;
static sigjmp_buf out;
static siginfo_t seen;
static char altStack[65536];

static void note(int number) { order[count++] = number; }

static void noteInfo(int number, siginfo_t* info, void* context) {
    (void)context;
    seen = *info;
    note(number);
}

static void leave(int number, siginfo_t* info, void* context) {
    (void)number, (void)context;
    seen = *info;
    char here;
    order[count++] = &here >= altStack && &here < altStack + sizeof altStack;
    siglongjmp(out, 1);
}

static void handle(int number, void (*handler)(int, siginfo_t*, void*), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | flags;
    sigaction(number, &action, 0);
}

static void pendingOrder(void) {
    sigset_t all, old, pending;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    signal(SIGUSR1, note);
    signal(SIGUSR2, note);
    signal(SIGTERM, note);
    count = 0;
    raise(SIGTERM);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&pending);
    printf("pending %d %d %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2),
           sigismember(&pending, SIGTERM), sigismember(&pending, SIGINT));
    sigprocmask(SIG_SETMASK, &old, 0);
    printf("delivered %d:", count);
    for (int i = 0; i < count; i++) printf(" %d", order[i]);
    puts("");
}

static void queued(void) {
    handle(SIGUSR1, noteInfo, 0);
    kill(getpid(), SIGUSR1);
    printf("kill: code %d self %d\n", seen.si_code, seen.si_pid == getpid());
    handle(SIGCHLD, noteInfo, 0);
    count = 0;
    pid_t child = fork();
    if (child == 0) _exit(9);
    while (waitpid(child, 0, 0) != child) {}
    printf("SIGCHLD: count %d code %d status %d from child %d\n", count, seen.si_code, seen.si_status, seen.si_pid == child);
}

static void faults(void) {
    char* page = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = altStack, .ss_size = sizeof altStack};
    sigaltstack(&stack, 0);
    handle(SIGSEGV, leave, SA_ONSTACK);
    handle(SIGFPE, leave, 0);
    handle(SIGILL, leave, 0);
    count = 0;
    if (!sigsetjmp(out, 1)) *(volatile char*)page = 1;
    printf("write to read-only: code %d address %d alternate %d\n", seen.si_code, seen.si_addr == (void*)page, order[0]);
    munmap(page, 4096);
    if (!sigsetjmp(out, 1)) (void)*(volatile char*)page;
    printf("read unmapped: code %d address %d\n", seen.si_code, seen.si_addr == (void*)page);
    if (!sigsetjmp(out, 1)) (void)*(volatile char*)0x900000000000;
    printf("non-canonical: code %d address %p\n", seen.si_code, seen.si_addr);
    if (!sigsetjmp(out, 1)) __asm__ volatile("xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx" ::: "eax", "ecx", "edx");
    printf("idiv 0: signal %d code %d\n", seen.si_signo, seen.si_code);
    if (!sigsetjmp(out, 1)) __asm__ volatile("ud2");
    printf("ud2: signal %d code %d\n", seen.si_signo, seen.si_code);
}

int main(void) {
    pendingOrder();
    queued();
    faults();
    signal(SIGINT, SIG_IGN);
    raise(SIGINT);
    puts("ignored");
    fflush(stdout);
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM);
    return 1;
}
