// Calls that tell of files, the system and the process, and that wait: natively under strace, and emulated.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static const char far[3][65536]
    __attribute__((aligned(65536))) = {"first", "second string", "third, which is longer than strace shows"};

int main(int argc, char** argv) {
    if (argc == 3) return 0;
    struct statx x;
    struct stat st;
    struct statfs fs;
    struct utsname un;
    struct sysinfo si;
    struct rusage ru;
    char b[4096];
    statx(AT_FDCWD, "/dev/null", AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE, &x);
    statx(AT_FDCWD, "/nonexistent", AT_STATX_DONT_SYNC, STATX_ALL, &x);
    statx(1, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, 0);
    int fd = open("/dev", O_RDONLY | O_DIRECTORY);
    syscall(SYS_getdents64, -1, b, sizeof b);
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    statfs("/nonexistent", &fs);
    fstatfs(-1, &fs);
    getxattr("/dev/null", "user.x", b, 10);
    lgetxattr("/dev/null", "security.selinux", b, 255);
    listxattr("/nonexistent", b, 10);
    setxattr("/dev/null", "user.x", "val", 3, XATTR_CREATE);
    removexattr("/dev/null", "user.x");
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    sched_setaffinity(0, sizeof set, &set);
    prctl(PR_SET_NAME, "short");
    prctl(PR_GET_NAME, b);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_GET_DUMPABLE);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_faccessat2, AT_FDCWD, "/", R_OK, AT_EACCESS);
    mkdirat(AT_FDCWD, "/dev/null/x", 0755);
    unlinkat(AT_FDCWD, "/nonexistent/x", AT_REMOVEDIR);
    renameat2(AT_FDCWD, "/nonexistent/x", AT_FDCWD, "/nonexistent/y", RENAME_NOREPLACE);
    linkat(AT_FDCWD, "/nonexistent/x", AT_FDCWD, "/nonexistent/y", AT_SYMLINK_FOLLOW);
    symlinkat("a", AT_FDCWD, "/nonexistent/y");
    fchmodat(AT_FDCWD, "/nonexistent/x", 0644, 0);
    fchownat(AT_FDCWD, "/nonexistent/x", 1, -1, AT_SYMLINK_NOFOLLOW);
    chown("/nonexistent/x", 0, 0);
    struct timespec ts[2] = {{1, 2}, {0, UTIME_OMIT}};
    utimensat(AT_FDCWD, "/nonexistent/x", ts, 0);
    utimensat(AT_FDCWD, "/nonexistent/x", 0, AT_SYMLINK_NOFOLLOW);
    rename("/nonexistent/x", "/nonexistent/y");
    rmdir("/nonexistent/x");
    unlink("/nonexistent/x");
    symlink("/nonexistent/x", "/nonexistent/y");
    link("/nonexistent/x", "/nonexistent/y");
    truncate("/nonexistent/x", 5);
    chdir("/nonexistent/x");
    mknod("/nonexistent/x", S_IFIFO | 0600, 0);
    int p[2];
    pipe(p);
    struct pollfd pf[2] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}};
    struct timespec t1 = {0, 1000};
    sigset_t ss;
    sigemptyset(&ss);
    sigaddset(&ss, SIGUSR1);
    ppoll(pf, 2, &t1, &ss);
    ppoll(pf, 1, &t1, 0);
    fd_set r, w;
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_SET(p[0], &r);
    FD_SET(p[1], &w);
    struct timeval tv = {0, 10};
    syscall(SYS_select, p[1] + 1, &r, &w, 0, &tv);
    FD_ZERO(&r);
    FD_SET(p[0], &r);
    tv.tv_sec = 0;
    tv.tv_usec = 10;
    syscall(SYS_select, p[1] + 1, &r, 0, 0, &tv);
    FD_SET(p[0], &r);
    pselect(p[1] + 1, &r, &w, 0, &t1, &ss);
    pselect(0, 0, 0, 0, &t1, 0);
    int e = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
    int tf = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct itimerspec its = {{1, 0}, {2, 3}};
    timerfd_settime(tf, 0, &its, 0);
    signalfd(-1, &ss, SFD_CLOEXEC);
    pid_t c = fork();
    if (!c) _exit(3);
    siginfo_t info;
    waitid(P_PID, c, &info, WEXITED | WNOWAIT);
    wait4(c, 0, 0, &ru);
    memfd_create("name", MFD_CLOEXEC);
    fallocate(-1, FALLOC_FL_KEEP_SIZE, 0, 10);
    flock(-1, LOCK_EX | LOCK_NB);
    sendfile(-1, -1, 0, 10);
    fsync(-1);
    syncfs(-1);
    char* m = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(m, 4096, MADV_DONTNEED);
    msync(m, 4096, MS_SYNC);
    mlock(m, 4096);
    munlock(m, 4096);
    mremap(m, 8192, 4096, 0);
    getpriority(PRIO_PROCESS, 0);
    setpriority(PRIO_PROCESS, 0, 1);
    struct sched_param sp;
    sched_getscheduler(0);
    sched_getparam(0, &sp);
    syscall(SYS_sched_get_priority_max, SCHED_FIFO);
    getgroups(0, 0);
    setpgid(0, 0);
    struct iovec v[2] = {{"abc", 3}, {"d", 1}};
    pwritev(-1, v, 2, 5);
    sigprocmask(SIG_BLOCK, &ss, 0);
    raise(SIGUSR1);
    sigtimedwait(&ss, &info, &t1);
    sigtimedwait(&ss, &info, &t1);
    char* const args[] = {(char*)far[0], (char*)far[1], (char*)far[2], NULL};
    execve("/proc/self/exe", args, NULL);
    return 0;
}
