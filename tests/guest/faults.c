/* Which signal a bad access gives, its si_code, and its address: relative to the page that is tested. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

static sigjmp_buf back;
static volatile int signalSeen, codeSeen;
static volatile uintptr_t addressSeen;

static void handler(int signal, siginfo_t* info, void* context) {
    (void)context;
    signalSeen = signal;
    codeSeen = info->si_code;
    addressSeen = (uintptr_t)info->si_addr;
    siglongjmp(back, 1);
}

static const char* nameOf(int signal, int code) {
    if (signal == 0) return "nothing";
    if (code == SI_KERNEL) return signal == SIGSEGV ? "SIGSEGV SI_KERNEL" : "SIGBUS SI_KERNEL";
    if (signal == SIGSEGV) return code == SEGV_MAPERR ? "SEGV_MAPERR" : code == SEGV_ACCERR ? "SEGV_ACCERR" : "SIGSEGV ?";
    return signal == SIGBUS && code == BUS_ADRERR ? "BUS_ADRERR" : "?";
}

static void show(const char* what, uintptr_t base) {
    printf("%-34s %s", what, nameOf(signalSeen, codeSeen));
    if (signalSeen && codeSeen != SI_KERNEL) printf(" at base%+ld", (long)(addressSeen - base));
    printf("\n");
}

#define ATTEMPT(what, base, action)                  \
    do {                                             \
        signalSeen = 0;                              \
        if (sigsetjmp(back, 1) == 0) { action; }     \
        show(what, (uintptr_t)(base));               \
    } while (0)

static char* map(int pages, int protection) {
    return mmap(0, (size_t)pages * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void anonymous(void) {
    volatile char* area = map(4, PROT_READ | PROT_WRITE);
    mprotect((char*)area + PAGE, PAGE, PROT_READ);
    mprotect((char*)area + 2 * PAGE, PAGE, PROT_NONE);
    munmap((char*)area + 3 * PAGE, PAGE);
    ATTEMPT("write 0", 0, *(volatile char*)0 = 1);
    ATTEMPT("read 8", 0, (void)*(volatile char*)8);
    ATTEMPT("write read-write", area, area[5] = 1);
    ATTEMPT("read read-only", area + PAGE, (void)area[PAGE]);
    ATTEMPT("write read-only", area + PAGE, area[PAGE + 7] = 1);
    ATTEMPT("read none", area + 2 * PAGE, (void)area[2 * PAGE + 9]);
    ATTEMPT("write none", area + 2 * PAGE, area[2 * PAGE] = 1);
    ATTEMPT("write unmapped", area + 3 * PAGE, area[3 * PAGE + 1] = 1);
    ATTEMPT("execute data", area, ((void (*)(void))(uintptr_t)area)());
    ATTEMPT("execute unmapped", area + 3 * PAGE, ((void (*)(void))(uintptr_t)(area + 3 * PAGE + 16))());
    ATTEMPT("write code", &anonymous, *(volatile char*)(uintptr_t)&anonymous = 1);
    ATTEMPT("write across into read-only", area + PAGE, *(volatile uint64_t*)(area + PAGE - 3) = 1);
    ATTEMPT("read across into none", area + 2 * PAGE, (void)*(volatile uint64_t*)(area + 2 * PAGE - 4));
    ATTEMPT("read not canonical", 0, (void)*(volatile char*)0x8000000000000000);
    ATTEMPT("read the kernel's", 0xffff800000000000, (void)*(volatile char*)0xffff800000000010);
    ATTEMPT("execute the kernel's", 0xffff800000000000, ((void (*)(void))0xffff800000000000)());
    mprotect((char*)area + PAGE, PAGE, PROT_READ | PROT_WRITE);
    ATTEMPT("write after mprotect", area + PAGE, area[PAGE + 7] = 1);
    munmap((char*)area, 3 * PAGE);
}

static void files(void) {
    char name[] = "/tmp/faultsXXXXXX", bytes[PAGE + 100];
    int file = mkstemp(name);
    memset(bytes, 'f', sizeof bytes);
    write(file, bytes, sizeof bytes);
    volatile char* shared = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    volatile char* private = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    ATTEMPT("shared: last byte", shared + PAGE, (void)shared[PAGE + 99]);
    printf("behind it %d %d\n", shared[PAGE + 100], private[2 * PAGE - 1]);
    ATTEMPT("shared: behind the last page", shared + 2 * PAGE, (void)shared[2 * PAGE + 3]);
    ATTEMPT("shared: write there", shared + 2 * PAGE, shared[3 * PAGE] = 1);
    ATTEMPT("private: behind the last page", private + 2 * PAGE, (void)private[2 * PAGE]);
    ATTEMPT("private: write there", private + 2 * PAGE, private[2 * PAGE + 8] = 1);
    private[0] = 'p';
    private[PAGE] = 'p';
    ftruncate(file, 10);
    ATTEMPT("cut: first page stays", private, (void)private[0]);
    printf("its copy %c\n", private[0]);
    ATTEMPT("cut: shared second page", shared + PAGE, (void)shared[PAGE]);
    ATTEMPT("cut: private copy, too", private + PAGE, (void)private[PAGE]);
    ftruncate(file, 2 * PAGE);
    ATTEMPT("grown again", shared + PAGE, (void)shared[PAGE]);
    printf("zero %d %d\n", shared[10], shared[PAGE]);
    munmap((char*)shared, 4 * PAGE);
    munmap((char*)private, 4 * PAGE);
    int readOnly = open(name, O_RDONLY);
    volatile char* view = mmap(0, PAGE, PROT_READ, MAP_SHARED, readOnly, 0);
    ATTEMPT("write a read-only file's view", view, view[0] = 1);
    int refused = mprotect((char*)view, PAGE, PROT_READ | PROT_WRITE);
    printf("mprotect %d %d\n", refused, refused ? errno : 0);
    char* none = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, readOnly, 0);
    printf("mmap %d %d\n", none == MAP_FAILED, errno);
    unlink(name);
}

/* The kernel's own accesses give EFAULT instead of a signal. */
static void kernel(void) {
    char* area = map(3, PROT_READ | PROT_WRITE);
    int ends[2];
    pipe(ends);
    mprotect(area + PAGE, PAGE, PROT_READ);
    munmap(area + 2 * PAGE, PAGE);
    memset(area, 'k', PAGE);
    write(ends[1], area, 100);
    long n = read(ends[0], area + PAGE, 50);
    printf("read to read-only %ld %d\n", n, n < 0 ? errno : 0);
    n = write(ends[1], area + 2 * PAGE, 4);
    printf("write from unmapped %ld %d\n", n, n < 0 ? errno : 0);
    n = read(ends[0], (void*)0xffff800000000000, 4);
    printf("read to the kernel's %ld %d\n", n, n < 0 ? errno : 0);
    n = open((char*)8, O_RDONLY);
    printf("open %ld %d\n", n, errno);
}

static const char* ended(int status) {
    if (WIFEXITED(status)) return "exit";
    return WTERMSIG(status) == SIGSEGV ? "SIGSEGV" : WTERMSIG(status) == SIGBUS ? "SIGBUS" : "?";
}

/* Without a handler, and with one that cannot run because its stack is gone. */
static void deaths(void) {
    int status;
    fflush(stdout);
    if (fork() == 0) {
        signal(SIGSEGV, SIG_IGN);
        *(volatile char*)0 = 1;
        _exit(0);
    }
    wait(&status);
    printf("ignored: %s\n", ended(status));
    fflush(stdout);
    if (fork() == 0) {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, 0);
        *(volatile char*)0 = 1;
        _exit(0);
    }
    wait(&status);
    printf("blocked: %s\n", ended(status));
}

int main(void) {
    static char stack[65536];
    stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&alternative, 0);
    sigaction(SIGSEGV, &action, 0);
    sigaction(SIGBUS, &action, 0);
    anonymous();
    files();
    kernel();
    deaths();
    return 0;
}
