// POSIX message queues: attributes, order, who waits, notification, and what exec and close do to them.
#include "sysv.h"

#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

static const char* self;
static char name[64];

static mqd_t make(int flags, long messages, long size)
{
    struct mq_attr attr = {.mq_maxmsg = messages, .mq_msgsize = size};
    return mq_open(name, O_RDWR | O_CREAT | flags, 0640, &attr);
}
static void attributes(mqd_t q)
{
    struct mq_attr attr;
    mq_getattr(q, &attr);
    printf("flags %lo max %ld size %ld current %ld\n", attr.mq_flags, attr.mq_maxmsg, attr.mq_msgsize, attr.mq_curmsgs);
}
static void get(mqd_t q)
{
    char text[128];
    unsigned priority = 99;
    errno = 0;
    const long n = mq_receive(q, text, sizeof text, &priority);
    printf("received %ld errno %d priority %u %.*s\n", n, errno, priority, n > 0 ? (int)n : 0, text);
}

static void opening(void)
{
    DID(mq_open(name, O_RDWR));
    DID(mq_open("/a/b", O_RDWR | O_CREAT, 0600, NULL));
    DID(mq_unlink(name));
    DID(make(0, 0, 10));
    DID(make(0, 70000, 10));
    struct rlimit before;
    getrlimit(RLIMIT_MSGQUEUE, &before);
    const struct rlimit limit = {30000, before.rlim_max};
    setrlimit(RLIMIT_MSGQUEUE, &limit);
    DID(make(0, 10, 8192));
    setrlimit(RLIMIT_MSGQUEUE, &before);
    umask(022);
    const mqd_t q = mq_open(name, O_RDWR | O_CREAT, 0666, NULL);
    attributes(q);
    DID(make(O_EXCL, 1, 1));
    struct stat st;
    fstat(q, &st);
    printf("mode %o size %d\n", st.st_mode, (int)st.st_size);
    printf("closed by exec %d\n", fcntl(q, F_GETFD));
    char line[128] = "";
    printf("read %zd ", read(q, line, sizeof line));
    printf("%s", line);
    mq_unlink(name);
    DID(mq_open(name, O_RDWR));
    attributes(q);
    mq_close(q);
    DID(mq_getattr(q, &(struct mq_attr){0}));
    DID(mq_getattr(0, &(struct mq_attr){0}));
}

static void order(void)
{
    const mqd_t q = make(O_NONBLOCK, 4, 100);
    get(q);
    struct pollfd ready = {.fd = q, .events = POLLIN | POLLOUT};
    poll(&ready, 1, 0);
    printf("poll %x\n", ready.revents);
    DID(mq_send(q, "x", 1, 32768));
    DID(mq_send(q, name, 101, 1));
    mq_send(q, "low", 3, 1);
    mq_send(q, "high", 4, 30);
    mq_send(q, "high again", 10, 30);
    DID(mq_send(q, "", 0, 0));
    DID(mq_send(q, "full", 4, 31));
    poll(&ready, 1, 0);
    printf("poll %x\n", ready.revents);
    attributes(q);
    char small[10];
    DID(mq_receive(q, small, sizeof small, NULL));
    for (int i = 0; i < 5; ++i) get(q);
    struct mq_attr flags = {.mq_flags = 0};
    DID(mq_setattr(q, &flags, NULL));
    struct timespec soon, wrong = {0, 1000000000};
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 5000000;
    if (soon.tv_nsec >= 1000000000) ++soon.tv_sec, soon.tv_nsec -= 1000000000;
    char text[100];
    DID(mq_timedreceive(q, text, sizeof text, NULL, &soon));
    DID(mq_timedreceive(q, text, sizeof text, NULL, &wrong));
    const mqd_t r = mq_open(name, O_RDONLY);
    DID(mq_send(r, "x", 1, 1));
    mq_close(r);
    mq_close(q);
    mq_unlink(name);
}

static void waiting(void)
{
    const mqd_t q = make(0, 1, 100);
    int said[2];
    pipe(said);
    char c;
    const pid_t receiver = CHILD({ write(said[1], "", 1); get(q); });
    read(said[0], &c, 1);
    usleep(20000);
    mq_send(q, "for who waits", 13, 3);
    attributes(q);
    end_of(receiver);
    mq_send(q, "first", 5, 1);
    const pid_t sender = CHILD({ write(said[1], "", 1); DID(mq_send(q, "second", 6, 2)); });
    read(said[0], &c, 1);
    usleep(20000);
    get(q);
    end_of(sender);
    get(q);
    mq_close(q);
    mq_unlink(name);
}

static volatile int told, by, value, code;
static void on_message(int signal, siginfo_t* info, void* context)
{
    (void)signal, (void)context;
    ++told;
    by = info->si_pid == getpid();
    value = info->si_value.sival_int;
    code = info->si_code;
}

static void notification(void)
{
    const mqd_t q = make(0, 4, 100);
    struct sigaction action = {.sa_sigaction = on_message, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
    DID(mq_notify(q, &event));
    DID(mq_notify(q, &event));
    char line[128] = "";
    read(q, line, sizeof line);
    printf("%.40s\n", line);
    mq_send(q, "x", 1, 1);
    printf("told %d by %d value %d code %d\n", told, by, value, code);
    mq_send(q, "y", 1, 1);
    get(q);
    get(q);
    mq_send(q, "z", 1, 1);
    printf("once: told %d\n", told);
    get(q);
    mq_notify(q, &event);
    DID(mq_notify(q, NULL));
    mq_send(q, "not told", 8, 1);
    printf("told %d\n", told);
    get(q);
    mq_notify(q, &event);
    close(dup(q));                          // any descriptor of it
    mq_send(q, "not told", 8, 1);
    printf("told %d\n", told);
    get(q);
    event.sigev_signo = 100;
    DID(mq_notify(q, &event));
    event.sigev_notify = 77;
    DID(mq_notify(q, &event));
    char number[16];
    snprintf(number, sizeof number, "%d", q);
    for (int keep = 0; keep < 2; ++keep) {
        event = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
        end_of(CHILD({
            mq_notify(q, &event);
            fcntl(q, F_SETFD, keep ? 0 : FD_CLOEXEC);
            execl(self, self, "executed", number, NULL);
        }));
        DID(mq_notify(q, &event));
        DID(mq_notify(q, NULL));
    }
    mq_close(q);
    mq_unlink(name);
}

// With the descriptor or without it, and still the one who is told in the latter case.
static int executed(mqd_t q)
{
    signal(SIGUSR1, SIG_IGN);
    struct mq_attr attr;
    if (mq_getattr(q, &attr)) return printf("closed: errno %d\n", errno), 0;
    char line[128] = "";
    read(q, line, sizeof line);
    printf("kept: %.40s\n", line);
    return 0;
}

int main(int argc, char** argv)
{
    self = argv[0];
    if (argc > 2) return executed(atoi(argv[2]));
    snprintf(name, sizeof name, "/execscope-%d", getpid());
    opening();
    order();
    waiting();
    notification();
    return 0;
}
