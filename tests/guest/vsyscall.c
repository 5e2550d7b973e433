// The page of system calls at a fixed address: its three entries, and what else a program may try there.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 0xffffffffff600000ul
static sigjmp_buf again;

static void handler(int signal, siginfo_t *info, void *context) {
    const ucontext_t *const c = context;
    const greg_t *const g = c->uc_mcontext.gregs;
    printf("signal %d code %d addr %lx trap %lld error %lld cr2 %llx ip %llx ax %lld\n", signal, info->si_code, (unsigned long)info->si_addr,
           g[REG_TRAPNO], g[REG_ERR], g[REG_CR2], g[REG_RIP] >= (greg_t)PAGE && g[REG_RIP] < 0 ? g[REG_RIP] : 0,
           g[REG_RAX] < 0 && g[REG_RAX] > -4096 ? g[REG_RAX] : 0);
    siglongjmp(again, 1);
}

static void call(const char *name, unsigned long offset, void *first, void *second) {
    printf("%s: ", name);
    if (sigsetjmp(again, 1)) return;
    const long result = ((long (*)(void *, void *))(PAGE + offset))(first, second);
    printf("%s\n", result == 0 ? "0" : result > 1000000000 ? "a time" : "something else");
}

static void look(const char *name, unsigned long address) {
    printf("%s: ", name);
    if (sigsetjmp(again, 1)) return;
    printf("%02x\n", *(volatile unsigned char *)address);
}

// Calls with a stack pointer of its own: nobody can return from there.
static void badStack(unsigned long stack) {
    printf("stack %lx: ", stack);
    if (sigsetjmp(again, 1)) return;
    __asm__ volatile("mov %0, %%rsp; jmp *%1" : : "r"(stack), "r"(PAGE), "D"(0ul), "S"(0ul) : "memory");
}

// In v3.10 the page can be read; bad pointers are the signals that a store would get.
static void older(void) {
    char *const pages = mmap((void *)0x10000000, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    char path[] = "/tmp/vsyscallXXXXXX";
    const int fd = mkstemp(path);
    unlink(path);
    char *const file = mmap(pages + 8192, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
    pages[4096] = 1;
    mprotect(pages + 4096, 4096, PROT_READ);
    look("first byte", PAGE);
    look("byte of getcpu's number", PAGE + 0x803);
    look("filling", PAGE + 100);
    look("last byte", PAGE + 4095);
    call("end of the user's half", 0, (void *)0x7fffffffeff1ul, NULL);
    call("time to nowhere", 0x400, (void *)16, 0);
    call("gettimeofday to nowhere", 0, (void *)16, 0);
    call("zone to nowhere", 0, 0, (void *)24);
    call("getcpu to nowhere", 0x800, (void *)32, 0);
    call("getcpu to nowhere twice", 0x800, (void *)32, (void *)64);
    struct timeval t = {0};
    call("time, zone to nowhere", 0, &t, (void *)24);
    printf("time was written: %d\n", t.tv_sec > 1000000000);
    for (int i = 0; i < 3; i++) {
        char *const at = i == 0 ? pages + 4096 : i == 1 ? pages + 4092 : file;
        printf("%s ", i == 0 ? "read-only" : i == 1 ? "half read-only" : "beyond a file's end");
        if (sigsetjmp(again, 1)) continue;
        struct sigaction action = {.sa_flags = SA_SIGINFO};
        action.sa_sigaction = handler;
        sigaction(SIGBUS, &action, NULL);
        const long result = ((long (*)(void *))(PAGE + 0x400))(at);
        printf("%d\n", result > 0);
    }
}

static void relative(int signal, siginfo_t *info, void *context) {
    (void)context;
    printf("signal %d code %d\n", signal, info->si_code);
    siglongjmp(again, 1);
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
    sigaltstack(&stack, NULL);
    action.sa_sigaction = handler;
    sigaction(SIGSEGV, &action, NULL);
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc > 1 && !strcmp(argv[1], "older")) {
        older();
        return 0;
    }
    struct timeval t = {0};
    struct timezone zone = {9, 9};
    time_t now = 0;
    unsigned cpu = 9999, node = 9999;
    call("gettimeofday", 0, &t, &zone);
    printf("%d %d\n", t.tv_sec > 1000000000, zone.tz_dsttime);
    call("gettimeofday of nothing", 0, NULL, NULL);
    call("time", 0x400, &now, NULL);
    printf("%d\n", now > 1000000000);
    call("time of nothing", 0x400, NULL, NULL);
    call("getcpu", 0x800, &cpu, &node);
    printf("%d %u\n", cpu < 1000, node);
    call("getcpu of nothing", 0x800, NULL, NULL);
    call("kernel's timeval", 0, (void *)0xffff800000000000ul, NULL);
    call("kernel's zone", 0, &t, (void *)PAGE);
    call("kernel's time", 0x400, (void *)-8, NULL);
    call("kernel's cpu", 0x800, (void *)0x8000000000000000ul, NULL);
    call("kernel's node", 0x800, &cpu, (void *)PAGE);
    action.sa_sigaction = relative;         // trap, error and cr2 are those of the fault before
    sigaction(SIGSEGV, &action, NULL);
    call("no entry", 4, NULL, NULL);
    call("fourth entry", 0xc00, NULL, NULL);
    call("last byte", 0xfff, NULL, NULL);
    badStack(8);
    badStack(0xffff800000000000ul);
    badStack(0x7ffffffff000ul);
    action.sa_sigaction = handler;
    sigaction(SIGSEGV, &action, NULL);
    call("page behind", 0x1000, NULL, NULL);
    call("page before", -0x1000ul, NULL, NULL);
    printf("store: ");
    if (!sigsetjmp(again, 1)) *(volatile char *)PAGE = 1;
    look("page behind", PAGE + 0x1000);
    if (!fork()) {
        signal(SIGSEGV, SIG_IGN);
        ((void (*)(void))(PAGE + 4))();
    }
    int status = 0;
    wait(&status);
    printf("ignored: %d\n", status);
    return 0;
}
