// Signals between users: the death signal of a parent who may not send it, and forged siginfo.
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USER = 1000, OTHER = 2000 };
static int later;           // the newer kernel: of a siginfo_t it keeps 48 bytes

static void become(unsigned real, unsigned effective, unsigned saved) {
    if (setresuid(real, effective, saved)) perror("setresuid");
}

// A child of that user asks for a signal when its parent, of that one, ends.
static void orphan(const char *name, unsigned child, unsigned real, unsigned effective, unsigned saved) {
    int ready[2], told[2];
    char byte;
    fflush(stdout);
    if (pipe(ready) || pipe(told)) perror("pipe");
    if (!fork()) {
        if (!fork()) {
            sigset_t set;
            sigemptyset(&set);
            sigaddset(&set, SIGUSR1);
            sigprocmask(SIG_BLOCK, &set, NULL);
            const int parent = getppid();
            become(child, child, child);
            prctl(PR_SET_PDEATHSIG, SIGUSR1);
            write(ready[1], "x", 1);
            while (getppid() == parent) usleep(500);
            usleep(1000);
            siginfo_t info = {0};
            const struct timespec now = {0};
            const int got = sigtimedwait(&set, &info, &now);
            printf("%s: %d code %d uid %d\n", name, got, got > 0 ? info.si_code : 0, got > 0 ? (int)info.si_uid : 0);
            fflush(stdout);
            write(told[1], "x", 1);
            _exit(0);
        }
        read(ready[0], &byte, 1);
        become(real, effective, saved);
        _exit(0);
    }
    wait(NULL);
    read(told[0], &byte, 1);
    for (int i = 0; i < 2; i++) close(ready[i]), close(told[i]);
}

static siginfo_t received;
static void handler(int signal, siginfo_t *info, void *context) { (void)signal, (void)context, received = *info; }

static int failed(long result) { return result < 0 ? errno : 0; }

static void queue(int sig, int code, int tail) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    memset((char *)&info + 16, 7, 32);
    if (tail) ((unsigned char *)&info)[tail] = 5;
    info.si_code = code;
    memset(&received, 0, sizeof received);
    printf("signal %d code %d byte %d: %d", sig, code, tail, failed(syscall(SYS_rt_sigqueueinfo, getpid(), sig, &info)));
    const unsigned char *const bytes = (const void *)&received;
    printf(" got %d %d %d, %d\n", received.si_signo, received.si_code, bytes[20], tail ? bytes[tail] : 0);
}

static void forge(void) {
    static const int codes[] = {-1, -2, -6, -7, -8, -59, -60, -61, -1000, 0, 1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 15, 16, 127, 128, 129};
    const int signals[] = {SIGUSR1, SIGRTMIN, SIGSEGV, SIGCHLD, SIGILL, SIGFPE, SIGBUS, SIGTRAP, SIGSYS, SIGIO};
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    action.sa_sigaction = handler;
    for (unsigned s = 0; s < sizeof signals / sizeof *signals; s++) {
        sigaction(signals[s], &action, NULL);
        for (unsigned i = 0; later && i < sizeof codes / sizeof *codes; i++)
            if (signals[s] != SIGSEGV || codes[i] < 9 || codes[i] > 10) queue(signals[s], codes[i], 100);
    }
    queue(SIGUSR1, -1, 0);
    queue(SIGUSR1, -1, 47);
    queue(SIGUSR1, -1, 48);
    queue(SIGUSR1, -100, 0);
    queue(SIGUSR1, -100, 47);
    if (!later) queue(SIGUSR1, -100, 127);
}

// The end of a page in the middle of a siginfo_t.
static void torn(void) {
    char *const pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(pages + 4096, 4096);
    for (int code = -1; code >= -100; code -= 99)
        for (int bytes = 47; bytes <= 48; bytes++) {
            siginfo_t *const info = (siginfo_t *)(pages + 4096 - bytes);
            memcpy((char *)info + 8, &code, 4);
            printf("%d bytes, code %d: %d\n", bytes, code, failed(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, info)));
        }
}

static void targets(void) {
    siginfo_t info = {.si_code = SI_TKILL};
    printf("thread: %d", failed(syscall(SYS_rt_tgsigqueueinfo, 0, 1, SIGUSR1, &info)));
    printf(" %d", failed(syscall(SYS_rt_tgsigqueueinfo, 1, -1, SIGUSR1, &info)));
    printf(" %d", failed(syscall(SYS_rt_tgsigqueueinfo, 1, 1, SIGUSR1, &info)));
    printf(" %d", failed(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &info)));
    printf(" %d\n", failed(syscall(SYS_rt_tgsigqueueinfo, 0, 1, SIGUSR1, (void *)8)));
}

int main(int argc, char **argv) {
    (void)argv;
    later = argc > 1;
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    orphan("the same user", USER, USER, USER, USER);
    orphan("another user", USER, OTHER, OTHER, OTHER);
    orphan("root", USER, 0, 0, 0);
    orphan("root's child", 0, USER, USER, USER);
    orphan("only the real user", USER, USER, OTHER, OTHER);
    orphan("only the saved user", USER, OTHER, OTHER, USER);
    forge();
    torn();
    targets();
    return 0;
}
