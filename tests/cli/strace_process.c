// Credentials, limits, timers, queues and vectors: calls that few programs make, with good arguments and with bits that have no name.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#define S(name, ...) syscall(SYS_##name, ##__VA_ARGS__)
static char buffer[8192] __attribute__((aligned(4096)));

static void credentials(void) {
    gid_t groups[40] = {1, 2, 3};
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    S(setuid, 0L), S(setgid, 0L), S(setreuid, -1L, 0L), S(setregid, 0L, -1L), S(setresuid, -1L, -1L, 0L), S(setresgid, 0L, 0L, 0L);
    S(getresuid, buffer, buffer + 4, buffer + 8), S(getresgid, buffer, buffer + 4, buffer + 8), S(getresuid, 8L, buffer, buffer), S(setfsuid, 0L);
    S(setgroups, 3L, groups), S(getgroups, 0L, 0L), S(getgroups, 3L, groups), S(getgroups, 1L, groups), S(setgroups, 3L, 8L), S(setgroups, 0L, 0L);
    S(getgroups, 40L, groups), S(setgroups, 40L, groups), S(getgroups, 40L, groups), S(setgroups, 70000L, groups), S(setgroups, 0L, groups);
    S(capget, &header, 0L), S(capset, &header, 8L), S(capget, 8L, 0L), header.version = 1, S(capget, &header, data);
    S(personality, 0xffffffffL), S(personality, 0x0040000L), S(personality, 0xff00000L), S(personality, 0L);
    for (long option = 1; option < 22; ++option)
        if (option != 6 && (option < 17 || option > 20)) S(prctl, option, 1L, 2L, 3L, 4L);
    for (long option = 29; option < 45; ++option)
        if (option < 33 || option > 35) S(prctl, option, 1L, 2L, 3L, 4L);
    S(prctl, PR_SET_PDEATHSIG, 15L), S(prctl, PR_GET_PDEATHSIG, buffer), S(prctl, PR_GET_CHILD_SUBREAPER, buffer), S(prctl, PR_GET_TID_ADDRESS, buffer);
    S(prctl, PR_GET_TSC, buffer), S(prctl, PR_GET_SECUREBITS), S(prctl, PR_CAPBSET_READ, 3L), S(prctl, PR_CAPBSET_READ, 99L), S(prctl, 0x41555856L, 1L, 2L, 3L, 4L);
    S(prctl, PR_SET_MM, 1L, 2L, 3L, 4L), S(prctl, PR_SET_VMA, 0L, buffer, 4096L, 8L), S(prctl, PR_CAP_AMBIENT, 1L, 2L, 0L, 0L);
}

static void scheduling(void) {
    struct { int priority; } of = {0};
    S(sched_setparam, 0L, &of), S(sched_setscheduler, 0L, 3L, &of), S(sched_setscheduler, 0L, 0L, &of), S(sched_setscheduler, 0L, 99L, 0L), S(sched_setparam, 0L, 8L);
    S(sched_rr_get_interval, -1L, 8L), S(ioprio_set, 1L, 0L, 2L << 13 | 4), S(ioprio_get, 1L, 0L), S(ioprio_set, 1L, 0L, 7L << 13 | 4), S(ioprio_get, 9L, 0L);
    S(membarrier, 3L, 0L, 0L), S(membarrier, 1024L, 5L, 0L), S(membarrier, 1L, 0L, 0L), S(getcpu, 0L, 0L, buffer), S(times, 8L), S(get_robust_list, 0L, buffer, buffer + 8);
    S(unshare, 1L), S(pkey_alloc, 1L, 7L), S(mlock2, buffer, 4096L, 1L), S(mlock2, buffer, 4096L, 2L), S(munlockall), S(rseq, 0L, 0L, 0L, 0L);
    for (long advice = 0; advice < 26; ++advice) S(madvise, 0L, 0L, advice);
    S(madvise, 0L, 0L, 99L), S(alarm, 0L), S(getpgid, -1L), S(setpgid, -1L, -1L), S(ptrace, 99L, 0L, 0L, 0L), S(reboot, 1L, 2L, 3L, 0L);
    S(restart_syscall);
}

static void timers(void) {
    struct sigevent event;
    struct itimerspec when = {{0, 0}, {1000, 0}};
    int timer = 0;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_NONE;
    S(timer_create, CLOCK_MONOTONIC, &event, &timer), S(timer_create, CLOCK_REALTIME, 0L, &timer);
    event.sigev_value.sival_ptr = (void *)0x1234, event.sigev_signo = SIGUSR1;
    S(timer_create, CLOCK_MONOTONIC, &event, &timer), event.sigev_notify = SIGEV_SIGNAL, S(timer_create, CLOCK_MONOTONIC, &event, &timer);
    event.sigev_notify = SIGEV_THREAD, S(timer_create, 99L, &event, &timer), event.sigev_notify = 9, S(timer_create, 1L, &event, &timer);
    S(timer_settime, (long)timer, 0L, &when, buffer), S(timer_settime, (long)timer, 2L, 8L, 0L), S(timer_getoverrun, (long)timer), S(timer_delete, (long)timer);
    S(timer_gettime, 77L, buffer), S(timer_create, 1L, 8L, &timer);
}

static void queues(void) {
    struct mq_attr attributes = {0, 4, 64, 0};
    struct timespec past = {1, 1};
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_signo = SIGUSR1;
    const long queue = S(mq_open, "strace_process", O_RDWR | O_CREAT | O_EXCL, 0600L, &attributes);
    S(mq_timedsend, queue, "hello", 5L, 3L, 0L), S(mq_timedsend, -1L, 8L, 5L, -1L, 8L), S(mq_getsetattr, queue, 0L, buffer);
    attributes.mq_flags = O_NONBLOCK;
    S(mq_getsetattr, queue, &attributes, buffer), S(mq_timedreceive, queue, buffer, 64L, buffer + 100, 0L);
    S(mq_timedreceive, queue, buffer, 64L, buffer + 100, &past), S(mq_notify, queue, &event), S(mq_notify, queue, 0L), S(mq_unlink, "strace_process");
    S(mq_open, "strace_process", O_RDONLY), S(mq_open, "strace_process", 0103L, 05L, 8L);
}

static void files(void) {
    struct utimbuf times = {1, 2};
    struct timeval both[2] = {{1, 2}, {3, 0}};
    struct open_how how = {O_RDONLY | O_CLOEXEC, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    struct iovec to = {buffer, 5}, from = {"hello", 5};
    loff_t offset = 1;
    static const char name[] = "/tmp/strace_process.file", folder[] = "/tmp/strace_process.folder";
    mkdir(folder, 0700);
    const long fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600), other = S(memfd_create, "other", 1L), directory = open(folder, O_RDONLY | O_DIRECTORY);
    write(fd, "hello world", 11), chdir("/tmp");
    S(utime, name, 0L), S(utimes, "nosuch", both), S(utime, "nosuch", &times), S(futimesat, AT_FDCWD, "nosuch", both), S(utimes, "nosuch", 8L);
    S(openat2, AT_FDCWD, "nosuch", &how, sizeof how), how.flags = O_WRONLY | O_TRUNC, S(openat2, AT_FDCWD, "nosuch", &how, sizeof how), S(openat2, AT_FDCWD, "x", &how, 3L);
    S(preadv2, fd, &to, 1L, 0L, 0L, 0L), S(pwritev2, fd, &from, 1L, 0L, 0L, 2L), S(preadv2, -1L, 0L, 0L, -1L, 0L, 0x40000000L), S(pwritev2, -1L, 8L, 1L, 5L, 0L, 0L);
    S(copy_file_range, fd, &offset, fd, 0L, 0L, 0L), S(copy_file_range, -1L, 0L, -1L, 0L, 3L, 5L), S(splice, -1L, &offset, -1L, 0L, 0L, 0x40000000L);
    offset = 2, S(sendfile, other, fd, &offset, 3L), S(sendfile, other, fd, &offset, 0L), S(sendfile, -1L, -1L, 8L, 5L);
    S(sync_file_range, fd, 0L, 4096L, 2L), S(sync_file_range, -1L, -1L, -1L, 15L), S(readahead, -1L, -1L, 3L), S(truncate, "nosuch", -1L), S(getdents, directory, buffer, 4096L);
    S(close_range, 50L, ~0U, 4L), S(close_range, 1L, 0L, 0x40000000L), S(name_to_handle_at, AT_FDCWD, "nosuch", 0L, 0L, 0x1400L), S(open_by_handle_at, -100L, 0L, 0L);
    S(access, "nosuch", 7L), S(access, "nosuch", 99L), S(flock, -1L, 99L), S(lseek, -1L, 0L, 99L), S(fcntl, -1L, 99L, 5L), S(memfd_create, "x", 0x40L);
    S(inotify_init1, 04000L), S(inotify_init1, 1L), S(inotify_add_watch, -1L, "/tmp", 0xfffL), S(inotify_add_watch, -1L, "/tmp", 0xf2000000L), S(inotify_rm_watch, 5L, -1L);
    S(close, fd), S(unlink, name), S(rmdir, folder);
}

static void waits(void) {
    int ends[2];
    struct iovec piece = {"hello", 5}, two[] = {{"hello", 5}, {buffer, 0}};
    struct epoll_event event = {EPOLLIN, {.u64 = 7}};
    sigset_t set;
    sigemptyset(&set), sigaddset(&set, SIGUSR1), pipe(ends);
    S(vmsplice, (long)ends[1], two, 2L, 0L), S(vmsplice, -1L, 0L, 0L, 15L), S(process_vm_readv, 1L, 0L, 0L, 8L, 1L, 5L), S(process_vm_writev, -1L, &piece, 1L, &piece, 1L, 0L);
    const long epoll = S(epoll_create, 5L);
    S(epoll_pwait, epoll, &event, 1L, 0L, 0L, 8L), S(epoll_pwait, epoll, &event, 1L, 0L, &set, 8L), S(epoll_pwait2, epoll, &event, 1L, &(struct timespec){0, 1}, &set, 8L);
    S(signalfd, -1L, &set, 8L), S(signalfd, -1L, 0L, 8L), S(eventfd, -1L), S(epoll_create, -1L), S(epoll_ctl, -1L, 99L, 0L, 0L), S(setitimer, 99L, 0L, 0L);
    S(pidfd_open, -1L, 0L), S(pidfd_send_signal, -1L, 9L, 0L, 0L), S(pidfd_getfd, -1L, -1L, 0L), S(futex_waitv, 0L, 0L, 0L, 0L, 1L), S(rt_sigqueueinfo, 1L, 9L, 8L);
    S(clock_gettime, 99L, buffer), S(getrlimit, 99L, 0L), S(socket, 99L, 1L, 0L), S(kcmp, (long)-1, -1L, 0L, 3L, 4L), S(kcmp, -1L, -1L, 1L, 3L, 4L), S(kcmp, -1L, -1L, 99L, 3L, 4L);
}

int main(void) {
    credentials();
    scheduling();
    timers();
    queues();
    files();
    waits();
    return 0;
}
