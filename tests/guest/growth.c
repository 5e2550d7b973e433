/* How far the stack grows: to its limit, to a mapping's guard gap, by one access far below. For kernels since 4.12. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, MIB = 1 << 20 };

static sigjmp_buf back;
static volatile uintptr_t faulted;

static void handler(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)context;
    faulted = (uintptr_t)info->si_addr;
    siglongjmp(back, info->si_code);
}

static uintptr_t stackStart(uintptr_t* end) {
    char line[512];
    unsigned long low = 0, high = 0;
    FILE* maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (strstr(line, "[stack]")) sscanf(line, "%lx-%lx", &low, &high);
    if (maps) fclose(maps);
    if (end) *end = high;
    return low;
}

/* Touches page after page downwards until it faults. */
static int descend(uintptr_t from, long* pages) {
    int code = sigsetjmp(back, 1);
    if (code) return code;
    for (*pages = 0; *pages < 100000; ++*pages) *(volatile char*)(from - (uintptr_t)(*pages + 1) * PAGE) = 1;
    return 0;
}

static void toTheLimit(void) {
    struct rlimit limit = {2 * MIB, 2 * MIB};
    uintptr_t end, low = stackStart(&end);
    long pages = 0;
    setrlimit(RLIMIT_STACK, &limit);
    int code = descend(low, &pages);
    printf("limit: code %d, %ld bytes below its end\n", code, (long)(end - faulted));
    printf("now %ld bytes\n", (long)(end - stackStart(0)));
}

static void toTheGap(int protection) {
    uintptr_t low = stackStart(0);
    char* wall = mmap((void*)(low - 3 * MIB), PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    long pages = 0;
    int code = descend(low, &pages);
    printf("wall %d: code %d, %ld pages above it\n", protection, code, (long)(faulted - (uintptr_t)wall) / PAGE - 1);
}

static void atOnce(void) {
    uintptr_t low = stackStart(0);
    int code = sigsetjmp(back, 1);
    if (code == 0) *(volatile char*)(low - 2 * MIB + 8) = 1;
    printf("far below: code %d, start moved by %ld pages\n", code, (long)(low - stackStart(0)) / PAGE);
}

static void growsDown(void) {
    char* room = mmap(0, 8 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(room, 8 * MIB);
    char* top = mmap(room + 7 * MIB, 2 * PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    int code = sigsetjmp(back, 1);
    if (code == 0) {
        top[-5 * PAGE] = 1;
        printf("grew %d\n", top[-5 * PAGE]);
        printf("mprotect %d\n", mprotect(top, PAGE, PROT_READ | PROT_GROWSDOWN));
        top[-5 * PAGE] = 2;
    }
    printf("after: code %d at page %ld\n", code, ((long)faulted - (long)top) / PAGE);
}

int main(void) {
    static char stack[65536];
    stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&alternative, 0);
    sigaction(SIGSEGV, &action, 0);
    for (int part = 0; part < 5; part++) {
        fflush(stdout);
        if (fork() == 0) {
            if (part == 0) toTheLimit();
            if (part == 1) toTheGap(PROT_READ | PROT_WRITE);
            if (part == 2) toTheGap(PROT_NONE);
            if (part == 3) atOnce();
            if (part == 4) growsDown();
            fflush(stdout);
            _exit(0);
        }
        wait(0);
    }
    return 0;
}
