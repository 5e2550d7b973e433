// Pseudo-terminals that a program makes: both sides, line discipline, job control, sizes, and what a hang-up does.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

static int master, slave;
static char name[64];

static void show(const char* what, const char* bytes, long n)
{
    printf("%s %ld", what, n);
    if (n < 0) printf(" errno %d", errno);
    for (long i = 0; i < n; ++i) printf(bytes[i] < 32 || bytes[i] > 126 ? " <%02x>" : "%c", (unsigned char)bytes[i]);
    printf("\n");
}
static void settle(void) { usleep(10000); }     // Linux hands bytes over in the background
static void get(const char* what, int fd)
{
    char bytes[256];
    settle();
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (poll(&ready, 1, 0) == 0) printf("%s nothing\n", what);
    else show(what, bytes, read(fd, bytes, sizeof bytes));
}
static void did(const char* what, long result)
{
    if (result == -1) printf("%s: errno %d\n", what, errno);
    else printf("%s: done\n", what);
}
#define DID(call) (errno = 0, did(#call, (long)(call)))
static void type(const char* keys) { write(master, keys, strlen(keys)); }
static void print(const char* text) { write(slave, text, strlen(text)); }
static void modes(unsigned in, unsigned out, unsigned local)
{
    struct termios t;
    tcgetattr(slave, &t);
    t.c_iflag = in;
    t.c_oflag = out;
    t.c_lflag = local;
    tcsetattr(slave, TCSANOW, &t);
}

static void make(void)
{
    master = posix_openpt(O_RDWR | O_NOCTTY);
    snprintf(name, sizeof name, "%s", ptsname(master));
    grantpt(master);
}
static void unlock(void)
{
    unlockpt(master);
    slave = open(name, O_RDWR | O_NOCTTY);
}

static void making(void)
{
    make();
    printf("named %d\n", !strncmp(name, "/dev/pts/", 9));
    slave = open(name, O_RDWR | O_NOCTTY);
    show("locked", "", slave);
    unlock();
    struct stat st;
    fstat(slave, &st);
    int number = -1;
    ioctl(master, TIOCGPTN, &number);
    printf("major %u minor %d type %d, owner %d\n", major(st.st_rdev), (int)minor(st.st_rdev) == number,
           S_ISCHR(st.st_mode) != 0, st.st_uid == getuid());
    fstat(master, &st);
    printf("master %u %u\n", major(st.st_rdev), minor(st.st_rdev));
    printf("ttyname %d isatty %d %d\n", !strcmp(ttyname(slave), name), isatty(slave), isatty(master));
    struct termios t;
    tcgetattr(slave, &t);
    printf("modes %x %x %x %x line %d cc", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag, t.c_line);
    for (int i = 0; i < 17; ++i) printf(" %d", t.c_cc[i]);
    printf("\n");
    struct termios of_master;
    tcgetattr(master, &of_master);
    printf("the master shows the slave's: %d\n", of_master.c_lflag == t.c_lflag && of_master.c_iflag == t.c_iflag);
    const int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
    printf("peer %d\n", peer >= 0 && !strcmp(ttyname(peer), name));
    close(peer);
}

static void lines(void)
{
    type("ab\x7f" "c");
    get("unfinished", slave);
    type("\r");
    get("line", slave);
    get("echo", master);
    type("one two\x17three\x15last\x16\x03\n\x04");
    get("line", slave);
    get("end of file", slave);
    get("echo", master);
    print("a\tb\nc\r\n");
    get("screen", master);
    modes(ICRNL, OPOST | ONLCR | XTABS, ICANON | ECHO);
    print("a\tb\n\tc\b\td\n");
    get("tabs", master);
    modes(0, OPOST | OCRNL | ONOCR, 0);
    print("\rab\rc\n");
    get("carriage returns", master);
    modes(0, 0, 0);
    print("a\r\n\t");
    get("raw screen", master);
    type("x\r\x03\x7f");
    int waiting = -1;
    settle();
    ioctl(slave, FIONREAD, &waiting);
    printf("waiting %d\n", waiting);
    get("raw keys", slave);
    tcflush(slave, TCIFLUSH);
    print("shown already");
    settle();
    tcflush(slave, TCOFLUSH);
    get("flushed", master);
    tcflush(master, TCIFLUSH);
    print("lost");
    settle();
    tcflush(master, TCIFLUSH);
    get("flushed", master);
    modes(ICRNL | IXON, OPOST | ONLCR, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN);
    int on = 1;
    ioctl(master, TIOCPKT, &on);
    print("packet");
    get("packet", master);
    on = 0;
    ioctl(master, TIOCPKT, &on);
    fcntl(master, F_SETFL, O_NONBLOCK);
    char c;
    DID(read(master, &c, 1));
    fcntl(master, F_SETFL, 0);
}

static int resized;
static void on_signal(int signal) { if (signal == SIGWINCH) ++resized; }

static void size_is(const char* what, int fd)
{
    struct winsize size = {0};
    ioctl(fd, TIOCGWINSZ, &size);
    printf("%s %d %d\n", what, size.ws_row, size.ws_col);
}

// A session of its own on the slave; says through `out` how far it is.
static void session(int out)
{
    setsid();
    close(master);
    DID(open("/dev/tty", O_RDWR));
    DID(ioctl(slave, TIOCSCTTY, 0));
    const int controlling = open("/dev/tty", O_RDWR);
    printf("/dev/tty %d, session %d, foreground %d\n", controlling >= 0, tcgetsid(slave) == getpid(), tcgetpgrp(controlling) == getpgrp());
    FILE* stat_file = fopen("/proc/self/stat", "r");
    int terminal = 0, foreground = 0;
    struct stat st;
    fstat(slave, &st);
    fscanf(stat_file, "%*d %*s %*c %*d %*d %*d %d %d", &terminal, &foreground);
    printf("stat %d %d\n", terminal == (int)(major(st.st_rdev) << 8 | minor(st.st_rdev)), foreground == getpid());
    fflush(stdout);
    signal(SIGWINCH, on_signal);
    struct sigaction interrupt = {.sa_handler = on_signal};
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGHUP, &interrupt, NULL);
    char line[64];
    write(out, "r", 1);
    DID(read(slave, line, sizeof line));
    fflush(stdout);
    write(out, "i", 1);
    while (!resized) pause();
    size_is("resized", controlling);
    const pid_t background = fork();
    if (!background) {
        setpgid(0, 0);
        const long n = read(slave, line, sizeof line);
        show("once in the foreground", line, n);
        fflush(stdout);
        _exit(0);
    }
    int status;
    waitpid(background, &status, WUNTRACED);
    printf("background stopped by %d\n", WSTOPSIG(status));
    fflush(stdout);
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(controlling, background);
    kill(background, SIGCONT);
    write(out, "b", 1);
    waitpid(background, &status, 0);
    tcsetpgrp(controlling, getpgrp());
    write(out, "f", 1);
    DID(read(slave, line, sizeof line));
    DID(read(slave, line, sizeof line));
    DID(write(slave, "x", 1));
    struct pollfd ready = {.fd = slave, .events = POLLIN | POLLOUT};
    poll(&ready, 1, 0);
    printf("poll %x\n", ready.revents);
    DID(open("/dev/tty", O_RDWR));
    fflush(stdout);
    _exit(3);
}

static void job_control(void)
{
    int said[2];
    pipe(said);
    char c;
    fflush(stdout);
    const pid_t leader = fork();
    if (!leader) session(said[1]);
    read(said[0], &c, 1);
    settle();
    printf("foreground of the master %d, session %d\n", tcgetpgrp(master) == leader, tcgetsid(master) == leader);
    fflush(stdout);
    type("lost\x03");
    read(said[0], &c, 1);
    get("screen", master);
    struct winsize size = {30, 100, 0, 0};
    ioctl(master, TIOCSWINSZ, &size);
    read(said[0], &c, 1);
    size_is("size", slave);
    fflush(stdout);
    type("for the job\r");
    read(said[0], &c, 1);
    settle();
    close(slave);
    close(master);
    int status;
    waitpid(leader, &status, 0);
    printf("leader ended %x\n", status);
}

static void slave_goes(void)
{
    make();
    unlock();
    print("last words");
    close(slave);
    settle();
    struct pollfd ready = {.fd = master, .events = POLLIN | POLLOUT};
    poll(&ready, 1, 0);
    printf("poll %x\n", ready.revents);
    get("left", master);
    poll(&ready, 1, 0);
    printf("poll %x\n", ready.revents);
    get("gone", master);
    slave = open(name, O_RDWR | O_NOCTTY);
    print("back");
    get("again", master);
    close(master);
    DID(access(name, F_OK));
    char c;
    DID(read(slave, &c, 1));
    DID(write(slave, "x", 1));
    struct termios t;
    DID(tcgetattr(slave, &t));
    close(slave);
}

// A terminal that a session leader opens with O_NOCTTY is not its own: a child of it may still take it.
static void not_controlling(void)
{
    if (fork() == 0) {
        setsid();
        make();
        unlock();
        DID(open("/dev/tty", O_RDWR));
        const int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
        printf("flags %x\n", fcntl(slave, F_GETFL) & O_NOCTTY);
        if (fork() == 0) {
            setsid();
            DID(ioctl(peer, TIOCSCTTY, 0));
            DID(open("/dev/tty", O_RDWR));
            exit(0);
        }
        wait(NULL);
        DID(ioctl(slave, TIOCSCTTY, 0));
        exit(0);
    }
    wait(NULL);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    making();
    lines();
    job_control();
    slave_goes();
    not_controlling();
    return 0;
}
