// Dies of a signal that dumps core, in a nested function, beside a second thread that sleeps in a function of its own.
// core HOW [LIMIT]: HOW is what to do before: nothing, undumpable, unlimited...; run in a directory of its own.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

volatile int ready;
char initialised[] = "written in the program";
char *heap, *dropped;

__attribute__((noinline)) void *sleeper(void *arg) {
    ready = 1;
    for (;;) pause();
    return arg;
}

// A value that a debugger must find in rbx, and one in xmm7.
__attribute__((noinline)) void crash(int depth) {
    static const double seven[2] = {7.25, -0.5};
    __asm__ volatile("movabs $0x1122334455667788, %%rbx\n\tmovupd %0, %%xmm7\n\tmovl $1, 0x10\n\t" : : "m"(seven) : "rbx", "xmm7", "memory");
    initialised[0] = (char)depth;
}
__attribute__((noinline)) int middle(int depth) {
    if (depth > 0) middle(depth - 1);
    else crash(depth);
    return ready + depth;
}

static void prepareMemory(void) {
    heap = malloc(100);
    strcpy(heap, "from the heap");
    dropped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(dropped, "not in the dump");
    madvise(dropped, 8192, MADV_DONTDUMP);
    mmap((void *)0x700000000000, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    *(char *)0x700000080000 = 'x';
}

static void setLimit(const char *limit) {
    const struct rlimit value = {strtoul(limit, NULL, 0), RLIM_INFINITY};
    if (setrlimit(RLIMIT_CORE, &value)) perror("setrlimit");
}

static void say(const char *path, const char *text) {
    const int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) printf("%s: %s\n", path, strerror(errno));
    close(fd);
}

// A child dies; what its parent sees.
static void inChild(const char *what, const char *limit, void (*prepare)(void), int sig) {
    fflush(stdout);
    unlink("core");
    const pid_t child = fork();
    if (child == 0) {
        setLimit(limit);
        if (prepare) prepare();
        raise(sig);
        _exit(0);
    }
    int status = 0;
    siginfo_t info;
    memset(&info, 0, sizeof info);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    waitpid(child, &status, 0);
    struct stat file;
    const int there = stat("core", &file) == 0;
    printf("%s: signal %d, dumped %d, si_code %d, core %d", what, WTERMSIG(status), !!WCOREDUMP(status), info.si_code, there);
    if (there) {
        char head[4] = "";
        const int fd = open("core", O_RDONLY);
        if (read(fd, head, 4) != 4) printf(" short");
        close(fd);
        printf(" mode %o elf %d small %d", (unsigned)file.st_mode, !memcmp(head, "\177ELF", 4), file.st_size <= 8192);
    }
    printf("\n");
}

static void makeUndumpable(void) { prctl(PR_SET_DUMPABLE, 0); }
static void linkElsewhere(void) { symlink("elsewhere", "core"); }
static void makeDirectory(void) { mkdir("core", 0700); }
static void makeOld(void) { close(open("core", O_CREAT | O_WRONLY, 0644)); }
static void filterAll(void) { say("/proc/self/coredump_filter", "0"); }
static void fileLimit(void) {
    const struct rlimit value = {8192, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &value);
}
static void withThread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, sleeper, NULL);
    while (!ready) usleep(1000);
}

// v3.10 kills everyone who shares the memory, v6.1 the group of threads.
static void shareMemory(void) {
    int status = 0;
    const pid_t child = vfork();
    if (child == 0) {
        kill(getpid(), SIGSEGV);        // raise() of musl takes the parent's thread
        _exit(1);
    }
    waitpid(child, &status, 0);
    _exit(0);
}
static void withSleepers(void) {
    pthread_t threads[3];
    for (int i = 0; i < 3; ++i) pthread_create(&threads[i], NULL, sleeper, NULL);
    usleep(1000);
}
static void *crasher(void *arg) {
    raise(SIGSEGV);
    return arg;
}
static void inThread(void) {
    pthread_t thread;
    withSleepers();
    pthread_create(&thread, NULL, crasher, NULL);
    pthread_join(thread, NULL);
}
static void afterLeader(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, crasher, NULL);
    syscall(SYS_exit, 3);
}

static void limits(void) {
    inChild("memory shared", "-1", shareMemory, SIGTERM);
    inChild("a thread of four", "-1", inThread, SIGTERM);
    inChild("the leader gone", "-1", afterLeader, SIGTERM);
    inChild("limit 0", "0", NULL, SIGSEGV);
    inChild("limit 4095", "4095", NULL, SIGSEGV);
    inChild("limit 8192", "8192", NULL, SIGQUIT);
    inChild("unlimited", "-1", NULL, SIGABRT);
    inChild("undumpable", "-1", makeUndumpable, SIGSEGV);
    inChild("terminated", "-1", NULL, SIGTERM);
    inChild("killed", "-1", NULL, SIGKILL);
    inChild("a thread", "-1", withThread, SIGBUS);
    inChild("an old core", "-1", makeOld, SIGILL);
    inChild("nothing chosen", "-1", filterAll, SIGFPE);
    inChild("short files", "-1", fileLimit, SIGTRAP);
    inChild("a directory", "-1", makeDirectory, SIGSYS);
    rmdir("core");
    inChild("a link", "-1", linkElsewhere, SIGSYS);
    printf("elsewhere: %d\n", access("elsewhere", F_OK));
    unlink("core");
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "limits")) {
        limits();
        return 0;
    }
    if (argc > 1 && !strcmp(argv[1], "huge-file")) {       // one page of a file, and nothing behind it
        const int fd = open("/proc/self/exe", O_RDONLY);
        char *file = mmap(NULL, (size_t)1 << 46, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
        if (file == MAP_FAILED) return 1;
        file[0] = 1;
    } else if (argc > 1 && !strcmp(argv[1], "no-arguments")) {      // nor, perhaps, the stack
        setLimit("-1");
        mprotect((void *)((unsigned long)argv[0] & ~4095ul), 4096, PROT_NONE);
    } else if (argc > 1 && !strncmp(argv[1], "huge", 4)) {
        const size_t size = (size_t)1 << 46;
        const int type = strcmp(argv[1], "huge") ? MAP_SHARED : MAP_PRIVATE;
        char *sparse = mmap(NULL, size, PROT_READ | PROT_WRITE, type | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (sparse == MAP_FAILED) return 1;
        sparse[size / 2] = 1;
    } else if (argc > 1) say("/proc/sys/kernel/core_pattern", argv[1]);
    setLimit("-1");
    prepareMemory();
    withThread();
    middle(2);
    return 0;
}
