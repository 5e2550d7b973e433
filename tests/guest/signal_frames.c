// Handlers: what they get, what is blocked meanwhile, the alternate stack, and a stack that overflows.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int depth, deepest, order[16], count;
static char *low, *high;
static sigjmp_buf back;

static void set(int sig, void (*handler)(int, siginfo_t *, void *), int flags, const char *blocked) {
    struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigemptyset(&a.sa_mask);
    if (blocked) sigaddset(&a.sa_mask, SIGUSR2);
    sigaction(sig, &a, 0);
}
static int isBlocked(int sig) {
    sigset_t now;
    sigprocmask(SIG_BLOCK, 0, &now);
    return sigismember(&now, sig);
}

static void nest(int sig, siginfo_t *info, void *context) {
    (void)info, (void)context;
    order[count++] = sig;
    if (++depth > deepest) deepest = depth;
    if (sig == SIGUSR1 && depth == 1) raise(SIGUSR2);
    order[count++] = -sig;
    --depth;
}
static void again(int sig, siginfo_t *info, void *context) {
    (void)info, (void)context;
    if (++depth < 5) raise(sig);
    if (depth > deepest) deepest = depth;
}
static void show(int sig, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    printf("sig %d signo %d code %d mine %d self blocked %d usr2 blocked %d mask in context %d\n", sig, info->si_signo, info->si_code,
           info->si_pid == getpid(), isBlocked(sig), isBlocked(SIGUSR2), sigismember(&uc->uc_sigmask, SIGHUP));
    sigaddset(&uc->uc_sigmask, SIGQUIT);                // holds after the return
}
static void onStack(int sig, siginfo_t *info, void *context) {
    (void)info, (void)context;
    char here;
    stack_t now;
    sigaltstack(0, &now);
    printf("sig %d on the stack %d flags %d size %zu\n", sig, &here > low && &here < high, now.ss_flags, now.ss_size);
    stack_t other = now;
    other.ss_flags = 0;
    printf("change in use: %d\n", sigaltstack(&other, 0));
}
static void overflow(int sig, siginfo_t *info, void *context) {
    (void)sig, (void)context;
    printf("overflow: code ok %d\n", info->si_code == SEGV_MAPERR || info->si_code == SEGV_ACCERR);
    siglongjmp(back, 1);
}
static void forever(int sig, siginfo_t *info, void *context) {
    (void)info, (void)context;
    ++count;
    raise(sig);
}
static void change(int sig, siginfo_t *info, void *context) {
    (void)sig, (void)info;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_R12] = 42;
}
static __attribute__((noinline)) int eat(int n) {
    volatile char block[4096];
    block[0] = (char)n;
    return n == 1000000 ? 0 : eat(n + 1) + block[0];
}

static void masks(void) {
    set(SIGUSR1, nest, 0, 0);
    set(SIGUSR2, nest, 0, 0);
    raise(SIGUSR1);
    for (int i = 0; i < count; ++i) printf("%d ", order[i]);
    printf("nested %d\n", deepest);
    count = deepest = 0;
    set(SIGUSR1, nest, 0, "usr2");                      // SIGUSR2 waits for the end of the handler
    raise(SIGUSR1);
    for (int i = 0; i < count; ++i) printf("%d ", order[i]);
    printf("masked %d\n", deepest);
    deepest = depth = 0;
    set(SIGUSR1, again, SA_NODEFER, 0);
    raise(SIGUSR1);
    printf("nodefer %d\n", deepest);
    set(SIGHUP, show, SA_RESETHAND, "usr2");
    raise(SIGHUP);
    struct sigaction after;
    sigaction(SIGHUP, 0, &after);
    printf("reset %d quit blocked %d\n", after.sa_handler == SIG_DFL, isBlocked(SIGQUIT));
}
static void registers(void) {
    set(SIGUSR1, change, 0, 0);
    long found;
    __asm__ volatile("mov $7, %%r12\n\tmov $39, %%eax\n\tsyscall\n\tmov %%eax, %%edi\n\tmov $10, %%esi\n\tmov $62, %%eax\n\tsyscall\n\tmov %%r12, %0"
                     : "=r"(found) : : "rax", "rcx", "r11", "rdi", "rsi", "r12", "memory");
    printf("changed register %ld\n", found);
}
static void stacks(void) {
    static char area[65536];
    low = area, high = area + sizeof area;
    stack_t s = {.ss_sp = area, .ss_size = sizeof area}, old;
    printf("altstack %d ", sigaltstack(&s, &old));
    printf("was %d\n", old.ss_flags);
    set(SIGUSR1, onStack, SA_ONSTACK, 0);
    raise(SIGUSR1);
    s.ss_size = 100;
    printf("too small %d\n", sigaltstack(&s, 0));
    s.ss_flags = 77;
    printf("bad flags %d\n", sigaltstack(&s, 0));
    set(SIGSEGV, overflow, SA_ONSTACK, 0);
    if (!sigsetjmp(back, 1)) eat(0);
    printf("back\n");
    if (!sigsetjmp(back, 1)) {
        set(SIGUSR2, forever, SA_NODEFER, 0);
        raise(SIGUSR2);                                 // handlers until the stack is full
    }
    printf("many handlers %d\n", count > 100);
}
static void endings(void) {
    fflush(stdout);
    for (int how = 0; how < 3; ++how) {
        int status;
        if (!fork()) {
            if (how == 0) {                             // nowhere to put the frame
                stack_t none = {.ss_flags = SS_DISABLE};
                sigaltstack(&none, 0);
                set(SIGSEGV, overflow, 0, 0);
                eat(0);
            } else if (how == 1) {                      // the alternate stack overflows
                set(SIGUSR1, forever, SA_NODEFER | SA_ONSTACK, 0);
                signal(SIGSEGV, SIG_DFL);
                raise(SIGUSR1);
            } else {                                    // a blocked fault kills
                sigset_t all;
                sigfillset(&all);
                sigprocmask(SIG_SETMASK, &all, 0);
                *(volatile int *)8 = 1;
            }
            _exit(0);
        }
        wait(&status);
        printf("ending %d: signal %d\n", how, WTERMSIG(status));
        fflush(stdout);
    }
}
#define AUTODISARM (1u << 31)
static void disarmed(int sig, siginfo_t *info, void *context) {
    (void)info;
    stack_t now;
    sigaltstack(0, &now);
    ucontext_t *uc = context;
    printf("sig %d disarmed: flags %d; kept %d\n", sig, now.ss_flags, uc->uc_stack.ss_size == 65536);
}
static void autodisarm(void) {
    static char area[65536];
    stack_t s = {.ss_sp = area, .ss_size = sizeof area, .ss_flags = (int)AUTODISARM}, now;
    printf("autodisarm %d\n", sigaltstack(&s, 0));
    set(SIGUSR1, disarmed, SA_ONSTACK, 0);
    raise(SIGUSR1);
    sigaltstack(0, &now);
    printf("armed again %d flags %x\n", now.ss_size == sizeof area, (unsigned)now.ss_flags);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        autodisarm();
        return 0;
    }
    masks();
    registers();
    stacks();
    endings();
    return 0;
}
