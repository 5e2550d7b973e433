// pkeys(7): keys of pages, their rights in PKRU, SEGV_PKUERR. Needs a processor with protection keys.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, NO_ACCESS = 1, NO_WRITE = 2, READ_WRITE = PROT_READ | PROT_WRITE };
static volatile sig_atomic_t repair;    // the handler gives the page key 0 and returns
static sigjmp_buf back;
static char* repaired;

static unsigned rdpkru(void) {
    unsigned a, d;
    __asm__ volatile("rdpkru" : "=a"(a), "=d"(d) : "c"(0));
    return a;
}
static void wrpkru(unsigned value) { __asm__ volatile("wrpkru" : : "a"(value), "c"(0), "d"(0) : "memory"); }
static void setRights(int key, unsigned rights) { wrpkru((rdpkru() & ~(3u << 2 * key)) | rights << 2 * key); }

static long protect(void* at, int prot, int key) { return syscall(SYS_pkey_mprotect, at, PAGE, prot, key); }
static void show(const char* what, long result) { printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }

static void onFault(int signal, siginfo_t* info, void* context) {
    unsigned key;
    memcpy(&key, (char*)info + 32, sizeof key);
    (void)context;
    printf("  signal %d code %d key %u offset %lx, PKRU here %x\n", signal, info->si_code, info->si_code == 4 ? key : 0,
           info->si_code == 4 ? (unsigned long)info->si_addr % PAGE : 0, rdpkru());
    if (!repair) siglongjmp(back, 1);
    repair = 0;
    protect(repaired, READ_WRITE, 0);
}
static void onUser(int signal) { printf("  handler of %d: PKRU %x\n", signal, rdpkru()); }

static void try(const char* what, volatile char* at, int write) {
    const unsigned before = rdpkru();
    printf("%s:\n", what);
    if (sigsetjmp(back, 1) == 0) {
        if (write) *at = 7;
        else (void)*at;
        puts("  done");
    }
    wrpkru(before);
}

static char* newPage(int prot, int key) {
    char* page = mmap(0, PAGE, READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    show("pkey_mprotect", protect(page, prot, key));
    return page;
}

static void allocation(void) {
    show("flags", syscall(SYS_pkey_alloc, 1, 0));
    show("rights", syscall(SYS_pkey_alloc, 0, 4));
    int last = 0;
    for (long key; (key = syscall(SYS_pkey_alloc, 0, NO_WRITE)) >= 0;) last = (int)key;
    printf("last %d, %s, PKRU %x\n", last, strerror(errno), rdpkru());
    for (int key = 1; key <= last; ++key) syscall(SYS_pkey_free, key);
    show("free again", syscall(SYS_pkey_free, 3));
    show("free 16", syscall(SYS_pkey_free, 16));
    show("free -1", syscall(SYS_pkey_free, -1));
}

static void rights(int key) {
    char* page = newPage(READ_WRITE, key);
    try("untouched, open", page + 5, 1);
    setRights(key, NO_WRITE);
    try("no write: read", page + 6, 0);
    try("no write: write", page + 7, 1);
    setRights(key, NO_ACCESS);
    try("no access: read", page + 8, 0);
    try("no access: write", page + 9, 1);
    char* fresh = newPage(READ_WRITE, key);
    try("not there yet", fresh + 10, 0);
    protect(page, PROT_NONE, key);
    try("PROT_NONE, closed", page + 11, 0);
    setRights(key, 0);
    try("PROT_NONE, open", page + 12, 0);
    protect(page, PROT_READ, -1);
    setRights(key, NO_WRITE);
    try("read only, mprotect keeps the key", page + 13, 1);
    protect(page, READ_WRITE, key);
    repaired = page;
    repair = 1;
    try("repaired by the handler", page + 14, 1);
    printf("PKRU %x, byte %d\n", rdpkru(), page[14]);
}

static void kernelAccess(int key) {
    int ends[2];
    char* page = newPage(READ_WRITE, key);
    setRights(key, 0);
    page[0] = 'x';
    if (pipe(ends)) return;
    setRights(key, NO_ACCESS);
    show("write from it", write(ends[1], page, 1));
    setRights(key, NO_WRITE);
    show("write from it", write(ends[1], page, 1));
    show("read into it", read(ends[0], page, 1));
    show("again", write(ends[1], page, 1));
    setRights(key, 0);
    show("read into it", read(ends[0], page, 1));
}

static void execution(int key) {
    char* page = newPage(READ_WRITE, key);
    setRights(key, 0);
    page[0] = (char)0xc3;       // ret
    protect(page, PROT_READ | PROT_EXEC, key);
    setRights(key, NO_ACCESS);
    ((void (*)(void))page)();
    try("code is data, too", page, 0);
    setRights(key, 0);
    show("mprotect PROT_EXEC", mprotect(page, PAGE, PROT_EXEC));
    ((void (*)(void))page)();
    printf("executed, PKRU %x\n", rdpkru());
    try("execute only", page, 0);
    show("its key is not ours", syscall(SYS_pkey_free, key + 1));
    show("mprotect PROT_READ", mprotect(page, PAGE, PROT_READ));
    try("readable", page, 0);
    page = mmap(0, PAGE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    try("mapped execute only", page, 0);
}

static void processes(int key) {
    char* page = newPage(READ_WRITE, key);
    setRights(key, NO_ACCESS);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        printf("child: PKRU %x\n", rdpkru());
        show("child: next key", syscall(SYS_pkey_alloc, 0, 0));
        fflush(stdout);
        signal(SIGSEGV, SIG_DFL);
        *page = 1;
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    printf("child: status %x\n", status);
    signal(SIGUSR1, onUser);
    raise(SIGUSR1);
    printf("afterwards PKRU %x\n", rdpkru());
}

static void operands(void) {
    puts("rdpkru, wrpkru:");
    if (sigsetjmp(back, 1) == 0) __asm__ volatile("rdpkru" : : "c"(1) : "eax", "edx");
    if (sigsetjmp(back, 1) == 0) __asm__ volatile("wrpkru" : : "a"(0), "c"(1), "d"(0));
    if (sigsetjmp(back, 1) == 0) __asm__ volatile("wrpkru" : : "a"(0), "c"(0), "d"(1));
}

int main(int argc, char** argv) {
    setvbuf(stdout, 0, _IOLBF, 0);
    printf("PKRU %x\n", rdpkru());
    if (argc > 1) return 0;
    struct sigaction action = {.sa_sigaction = onFault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, 0);
    allocation();
    const int key = (int)syscall(SYS_pkey_alloc, 0, 0);
    printf("key %d, PKRU %x\n", key, rdpkru());
    show("not allocated", protect(&back, PROT_READ, key + 1));
    rights(key);
    kernelAccess(key);
    execution(key);
    processes(key);
    operands();
    fflush(stdout);
    execl(argv[0], argv[0], "again", (char*)0);
    return 1;
}
