// Calls with the structures that execscope export --format strace shows: it runs natively under strace, and emulated.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
static void handler(int n) { (void)n; }
int main(void) {
  struct sigaction act = {.sa_handler = handler,
                          .sa_flags = SA_RESTART | SA_ONSTACK | SA_NODEFER |
                                      SA_RESETHAND | SA_NOCLDSTOP |
                                      SA_NOCLDWAIT | SA_SIGINFO},
                   old;
  sigaddset(&act.sa_mask, SIGUSR2);
  sigaddset(&act.sa_mask, SIGRTMIN);
  sigaction(SIGUSR1, &act, &old);
  act.sa_flags = 0;
  sigaction(SIGRTMIN, &act, NULL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGIO, SIG_IGN);
  sigaction(SIGUSR1, NULL, &old);
  sigaction(SIGPIPE, NULL, &old);
  sigset_t set, was;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, &was);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_SETMASK, &set, &was);
  sigpending(&was);
  sigprocmask(SIG_UNBLOCK, NULL, &was);
  sigprocmask(9, &set, NULL);
  struct timespec t = {0, 1000};
  nanosleep(&t, &t);
  nanosleep(&t, NULL);
  t.tv_nsec = -1;
  nanosleep(&t, NULL);
  t.tv_nsec = 5;
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
  struct itimerval it = {{0, 0}, {100, 5}}, was_it;
  setitimer(ITIMER_REAL, &it, NULL);
  memset(&it, 0, sizeof it);
  setitimer(ITIMER_VIRTUAL, &it, &was_it);
  struct rlimit limit = {100, 200};
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  stack_t ss = {malloc(65536), 0, 65536};
  sigaltstack(&ss, NULL);
  sigaltstack(NULL, &ss);
  ss.ss_flags = SS_DISABLE;
  sigaltstack(&ss, &ss);
  int p[2];
  if (pipe(p))
    return 1;
  struct pollfd fds[2] = {{p[0], POLLIN | POLLPRI, 0}, {p[1], POLLOUT, 0}};
  poll(fds, 2, 0);
  poll(fds, 1, 0);
  poll(NULL, 0, 0);
  fds[0].fd = 77;
  poll(fds, 1, 5);
  struct iovec v[2] = {{"one", 3}, {"two two", 7}};
  writev(p[1], v, 2);
  char a[2], b[20];
  v[0].iov_base = b;
  v[0].iov_len = 20;
  v[1].iov_base = a;
  v[1].iov_len = 2;
  readv(p[0], v, 2);
  int e = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event ev = {EPOLLIN | EPOLLET, {.u64 = 7}};
  epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev);
  ev.events = EPOLLOUT;
  ev.data.fd = p[1];
  epoll_ctl(e, EPOLL_CTL_ADD, p[1], &ev);
  epoll_wait(e, &ev, 1, 0);
  epoll_ctl(e, EPOLL_CTL_DEL, p[1], NULL);
  epoll_wait(e, &ev, 1, 0);
  int word = 1;
  t.tv_sec = 0;
  t.tv_nsec = 100;
  syscall(SYS_futex, &word, FUTEX_WAIT, 1, &t, NULL, 0);
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 2,
          NULL, NULL, -1);
  syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 0x7fffffff, NULL, NULL, 5);
  syscall(SYS_futex, &word, FUTEX_REQUEUE, 1, 2, &e, 0);
  syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &e, 1);
  struct sockaddr_un un = {AF_UNIX, "/no/socket"};
  int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  connect(s, (void *)&un, sizeof un);
  syscall(SYS_clock_gettime, 99, &t);
  syscall(SYS_clock_getres, CLOCK_MONOTONIC, &t);
  mlockall(MCL_CURRENT | MCL_FUTURE);
  munlockall();
  kill(getpid(), SIGUSR1);
  return 0;
}
