// Descriptors of processes, and calls about other processes: process_vm_readv, kcmp, unshare, sched_getattr, mlock2, MADV_REMOVE.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long result) { printf("%-28s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }
static int pidfd_open_(pid_t pid, unsigned flags) { return syscall(434, pid, flags); }
static int send(int fd, int sig, siginfo_t *info, unsigned flags) { return syscall(424, fd, sig, info, flags); }
static int getfd(int pidfd, int fd, unsigned flags) { return syscall(438, pidfd, fd, flags); }
static int waits(int fd, siginfo_t *info, int options) {
    memset(info, 0, sizeof *info);
    return syscall(247, 3 /* P_PIDFD */, fd, info, options, (void *)0);
}
static short events(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    poll(&p, 1, 0);
    return p.revents & POLLIN;
}
static pid_t sleeper(void) {
    fflush(stdout);
    pid_t child = fork();
    if (!child) for (;;) pause();
    return child;
}
static int number_in(int fd) {                      // of /proc/self/fdinfo
    char path[64], line[64];
    int pid = -2;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) sscanf(line, "Pid: %d", &pid);
    if (f) fclose(f);
    return pid;
}
static void ended(const char *what, const siginfo_t *i) { printf("%-28s code %d status %d signal %d\n", what, i->si_code, i->si_status, i->si_signo); }

static void *a_thread(void *tid) {
    *(pid_t *)tid = syscall(SYS_gettid);
    pause();
    return 0;
}
static void opened(void) {
    siginfo_t info;
    pid_t child = sleeper();
    int fd = pidfd_open_(child, 0), nonblocking = pidfd_open_(child, O_NONBLOCK), ep = epoll_create1(0);
    struct epoll_event e = {.events = EPOLLIN}, got;
    char link[64], name[64] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    readlink(link, name, sizeof name - 1);
    printf("named %s\n", name[0] == 'a' || name[0] == 'p' ? "for what it is" : name);
    say("close on exec", fcntl(fd, F_GETFD));
    say("its number", number_in(fd) == child);
    say("poll", events(fd));
    say("not yet", waits(fd, &info, WEXITED | WNOHANG));
    say("would wait", waits(nonblocking, &info, WEXITED));
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
    say("epoll", epoll_wait(ep, &got, 1, 0));
    say("signal 0", send(fd, 0, 0, 0));
    say("bad signal", send(fd, 99, 0, 0));
    say("bad flags", send(fd, 0, 0, 0x100));
    info.si_signo = SIGTERM, info.si_code = SI_QUEUE;
    say("another signal inside", send(fd, SIGUSR1, &info, 0));
    info.si_signo = SIGUSR1, info.si_code = SI_USER;
    say("as if by kill", send(fd, SIGUSR1, &info, 0));
    say("terminate", send(fd, SIGTERM, 0, 0));
    say("epoll waits", epoll_wait(ep, &got, 1, 5000));
    say("poll", events(fd));
    say("look", waits(fd, &info, WEXITED | WNOWAIT));
    ended("killed", &info);
    say("signal to a zombie", send(fd, 0, 0, 0));
    say("wait", waits(fd, &info, WEXITED));
    say("again", waits(fd, &info, WEXITED));
    say("signal to nobody", send(fd, 0, 0, 0));
    say("poll", events(fd));
    say("read", read(fd, name, 1));
    say("its number", number_in(fd));
    say("open nobody", pidfd_open_(child, 0));
    close(fd), close(nonblocking), close(ep);
}
static void errors(void) {
    siginfo_t info;
    pid_t tid = 0;
    pthread_t t;
    int self = pidfd_open_(getpid(), 0);
    say("pid 0", pidfd_open_(0, 0));
    say("pid -1", pidfd_open_(-1, 0));
    say("flags", pidfd_open_(getpid(), 1));
    say("wait for oneself", waits(self, &info, WEXITED));
    say("wait for a file", waits(0, &info, WEXITED));
    say("wait for -1", waits(-1, &info, WEXITED));
    say("signal a file", send(0, 0, 0, 0));
    say("signal closed", send(99, 0, 0, 0));
    pthread_create(&t, 0, a_thread, &tid);
    while (!*(volatile pid_t *)&tid) usleep(1000);
    say("a thread", pidfd_open_(tid, 0) < 0);
    close(self);
}
static void descriptors(void) {
    int p[2], fd;
    char c = 0;
    pipe(p);
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        dup2(p[1], 50);
        write(50, "r", 1);
        for (;;) pause();
    }
    read(p[0], &c, 1);
    fd = pidfd_open_(child, 0);
    int got = getfd(fd, 50, 0);
    say("getfd", got >= 0);
    say("close on exec", fcntl(got, F_GETFD));
    write(got, "x", 1), read(p[0], &c, 1);
    printf("through it: %c\n", c);
    say("getfd of nothing", getfd(fd, 77, 0));
    say("getfd flags", getfd(fd, 50, 1));
    say("getfd of a file", getfd(0, 50, 0));
    say("the same file", syscall(312, getpid(), child, 0, got, 50));
    say("another", syscall(312, getpid(), child, 0, p[0], 50) > 0);
    say("the same memory", syscall(312, getpid(), getpid(), 1, 0, 0));
    say("another memory", syscall(312, getpid(), child, 1, 0, 0) > 0);
    say("kcmp closed", syscall(312, getpid(), child, 0, 99, 50));
    say("kcmp type", syscall(312, getpid(), child, 99, 0, 0));
    say("kcmp nobody", syscall(312, getpid(), 4000000, 1, 0, 0));
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
    say("getfd of the dead", getfd(fd, 50, 0));
    close(fd), close(got), close(p[0]), close(p[1]);
}

struct arguments { unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, more[3]; };
static void cloned(void) {
    siginfo_t info;
    int fd = -1;
    struct arguments a = {.flags = CLONE_PIDFD, .pidfd = (unsigned long)&fd, .exit_signal = SIGCHLD};
    fflush(stdout);
    long child = syscall(435, &a, 64);
    if (!child) _exit(17);
    say("wait", waits(fd, &info, WEXITED));
    ended("exited", &info);
    printf("the right one: %d\n", info.si_pid == child);
    close(fd);
    child = syscall(56, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
    if (!child) _exit(18);
    say("wait", waits(fd, &info, WEXITED));
    ended("exited", &info);
    close(fd);
    a.pidfd = 8;
    say("bad pointer", syscall(435, &a, 64));
    say("no child of it", waitpid(-1, 0, 0));
}

static void memory(void) {
    static char here[9000], there[9000];
    char *shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    strcpy(there + 4090, "across a page");
    pid_t child = sleeper();
    strcpy(there + 4090, "changed");
    struct iovec local[2] = {{here, 3}, {here + 10, 100}}, remote[2] = {{there + 4090, 13}, {there + 1, 5}}, bad = {(void *)8, 4};
    say("read", process_vm_readv(child, local, 2, remote, 2, 0));
    printf("  %.3s %.10s\n", here, here + 10);
    say("write", process_vm_writev(child, local, 1, remote, 1, 0));
    memset(here, 0, 50);
    say("read", process_vm_readv(child, local, 2, remote, 1, 0));
    printf("  %.3s %.10s\n", here, here + 10);
    say("bad remote", process_vm_readv(child, local, 2, &bad, 1, 0));
    struct iovec half[2] = {{there + 4090, 13}, {(void *)8, 5}};
    say("half", process_vm_readv(child, local, 2, half, 2, 0));
    say("bad local", process_vm_readv(child, &bad, 1, remote, 1, 0));
    say("flags", process_vm_readv(child, local, 1, remote, 1, 1));
    say("nobody", process_vm_readv(4000000, local, 1, remote, 1, 0));
    say("nothing", process_vm_readv(4000000, local, 0, remote, 1, 0));
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
    say("mlock2", syscall(325, shared, 8192, 1));
    say("mlock2 flags", syscall(325, shared, 8192, 2));
    say("remove locked", madvise(shared, 4096, MADV_REMOVE));
    munlock(shared, 8192);
    memset(shared, 'x', 8192);
    say("remove", madvise(shared, 4096, MADV_REMOVE));
    printf("  %d %c\n", shared[0], shared[4096]);
    say("remove private", madvise(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096, MADV_REMOVE));
}

struct attributes { unsigned size, policy; unsigned long long flags; int nice; unsigned priority; unsigned long long runtime, deadline, period; unsigned util[2], more[2]; };
static long getattr_(struct attributes *a, unsigned size) { return memset(a, 0, sizeof *a), syscall(315, 0, a, size, 0); }
static void *apart(void *unused) {
    say("unshare files", unshare(CLONE_FILES));
    say("unshare memory", unshare(CLONE_VM));
    close(9);
    say("unshare directories", unshare(CLONE_FS));
    chdir("/dev");
    umask(0777);
    return unused;
}
static void alone(void) {
    struct attributes a;
    pthread_t t;
    say("getattr", getattr_(&a, 48));
    printf("  size %u policy %u nice %d priority %u\n", a.size, a.policy, a.nice, a.priority);
    a.nice = 3;
    say("setattr", syscall(314, 0, &a, 0));
    printf("  nice %d\n", getpriority(PRIO_PROCESS, 0));
    a.size = 30;
    say("setattr short", syscall(314, 0, &a, 0));
    printf("  size told %d\n", a.size >= 48);
    a.size = 48, a.policy = 77;
    say("setattr policy", syscall(314, 0, &a, 0));
    a.policy = 0, a.flags = 0x10000;
    say("setattr flags", syscall(314, 0, &a, 0));
    say("setattr null", syscall(314, 0, 0, 0));
    say("getattr small", getattr_(&a, 40));
    say("unshare nothing", unshare(0));
    say("unshare bad", unshare(1));
    chdir("/");
    dup2(0, 9);
    pthread_create(&t, 0, apart, 0);
    pthread_join(t, 0);
    char where[64];
    printf("still here: %d %s %o\n", fcntl(9, F_GETFD), getcwd(where, sizeof where), umask(022));
}

int main(void) {
    umask(022);
    opened();
    descriptors();
    cloned();
    memory();
    alone();
    errors();
    return 0;
}
