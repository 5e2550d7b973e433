// Job control, seen from a session leader with a terminal: who may read, write and choose the foreground process group.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int failed(int result) { return result < 0 ? errno : 0; }

static void report(const char* what, int status) {
    if (WIFSTOPPED(status)) printf("%s: stopped by %d\n", what, WSTOPSIG(status));
    else if (WIFSIGNALED(status)) printf("%s: killed by %d\n", what, WTERMSIG(status));
    else if (WIFCONTINUED(status)) printf("%s: continued\n", what);
    else printf("%s: exit %d\n", what, WEXITSTATUS(status));
    fflush(stdout);
}

static int readSome(void) {
    char c;
    return failed(read(0, &c, 1));
}
static int readIgnoring(void) {
    signal(SIGTTIN, SIG_IGN);
    return readSome();
}
static int readBlocking(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTTIN);
    sigprocmask(SIG_BLOCK, &set, 0);
    return readSome();
}
static volatile sig_atomic_t caught;
static void catchIt(int signal) { caught = signal; }
static int readCatching(void) {
    struct sigaction action = {.sa_handler = catchIt};
    sigaction(SIGTTIN, &action, 0);
    int error = readSome();
    return caught == SIGTTIN ? error : 99;
}
static int writeSome(void) { return failed(write(1, "background\n", 11)); }
static int writeIgnoring(void) {
    signal(SIGTTOU, SIG_IGN);
    return writeSome();
}
static int setModes(void) {
    struct termios t;
    return tcgetattr(0, &t) < 0 ? 98 : failed(tcsetattr(0, TCSANOW, &t));
}
static int setModesIgnoring(void) {
    signal(SIGTTOU, SIG_IGN);
    return setModes();
}
static int takeForeground(void) { return failed(tcsetpgrp(0, getpgrp())); }
static int takeForegroundBlocking(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    sigprocmask(SIG_BLOCK, &set, 0);
    int error = takeForeground();
    return error ? error : tcgetpgrp(0) == getpgrp() ? 0 : 97;
}
static int flushInput(void) { return failed(tcflush(0, TCIFLUSH)); }
static int size(void) {
    struct winsize w;
    return failed(ioctl(0, TIOCGWINSZ, &w));
}
static int strange(void) {
    int zero = 0, no_such = 30000, negative = -5;
    printf("TIOCSPGRP of 30000: %d, of -5: %d, of 0: %d, of 1: %d\n", failed(ioctl(0, TIOCSPGRP, &no_such)), failed(ioctl(0, TIOCSPGRP, &negative)),
           failed(ioctl(0, TIOCSPGRP, &zero)) ? 1 : 0, failed(ioctl(0, TIOCSPGRP, (void*)8)));
    printf("TIOCSCTTY again: %d\n", failed(ioctl(0, TIOCSCTTY, 0)));
    fflush(stdout);
    return 0;
}

// In another process group, in the background. What stops is said, continued in the foreground, and waited for.
static void background(const char* what, int (*body)(void), int resume) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        signal(SIGTTOU, SIG_DFL);
        _exit(body());
    }
    setpgid(child, child);
    int status;
    waitpid(child, &status, WUNTRACED);
    report(what, status);
    if (!WIFSTOPPED(status)) return;
    if (!resume) {
        kill(child, SIGKILL);
    } else {
        tcsetpgrp(0, child);
        kill(child, SIGCONT);
    }
    waitpid(child, &status, 0);
    tcsetpgrp(0, getpgrp());
    report("  then", status);
}

// A group whose parents are all gone or elsewhere.
static void orphaned(const char* what, int (*body)(void)) {
    int ends[2];
    pipe(ends);
    fflush(stdout);
    if (fork() == 0) {
        pid_t parent = getpid();
        if (fork() == 0) {
            setpgid(0, 0);
            signal(SIGTTOU, SIG_DFL);
            while (getppid() == parent) usleep(1000);
            char error = (char)body();
            write(ends[1], &error, 1);
        }
        _exit(0);
    }
    char error = 96;
    wait(0);
    close(ends[1]);
    read(ends[0], &error, 1);
    printf("orphaned, %s: %d\n", what, error);
    close(ends[0]);
}

// A session of its own has no terminal until it opens one that is nobody's.
static void newSession(void) {
    fflush(stdout);
    if (fork()) {
        wait(0);
        return;
    }
    setsid();
    int tty = open("/dev/tty", O_RDWR);
    int error = failed(tty);
    int group = failed(tcgetpgrp(0)), sid = failed(tcgetsid(0)), take = failed(ioctl(0, TIOCSCTTY, 0)), set = failed(tcsetpgrp(0, getpgrp()));
    printf("new session: /dev/tty %d, tcgetpgrp %d, tcgetsid %d, TIOCSCTTY %d, tcsetpgrp %d, TIOCNOTTY %d\n", error, group, sid, take, set,
           failed(ioctl(0, TIOCNOTTY)));
    fflush(stdout);
    _exit(0);
}

// TIOCSPGRP with a terminal that is another session's.
static void foreign(void) {
    int negative = -5, none = 30000, own = getpid();
    if (fork()) {
        wait(0);
        return;
    }
    setsid();
    printf("TIOCSPGRP of nowhere: %d,", failed(ioctl(0, TIOCSPGRP, (void*)8)));
    printf(" of -5: %d,", failed(ioctl(0, TIOCSPGRP, &negative)));
    printf(" of 30000: %d,", failed(ioctl(0, TIOCSPGRP, &none)));
    printf(" of the leader: %d\n", failed(ioctl(0, TIOCSPGRP, &own)));
    fflush(stdout);
    _exit(0);
}

static void tostop(int on) {
    struct termios t;
    tcgetattr(0, &t);
    t.c_lflag = on ? t.c_lflag | TOSTOP : t.c_lflag & ~TOSTOP;
    tcsetattr(0, TCSANOW, &t);
}

// The leader gives the terminal up: the foreground group gets SIGHUP, and SIGCONT behind it.
static void giveUp(void) {
    struct sigaction action = {.sa_handler = catchIt};
    sigaction(SIGHUP, &action, 0);
    int error = failed(ioctl(0, TIOCNOTTY));
    printf("TIOCNOTTY %d, signal %d, /dev/tty %d, tcgetpgrp %d\n", error, caught, failed(open("/dev/tty", O_RDWR)), failed(tcgetpgrp(0)));
    error = failed(ioctl(0, TIOCSCTTY, 0));
    printf("TIOCSCTTY %d, foreground %d\n", error, tcgetpgrp(0) == getpgrp());
}

int main(int argc, char **argv) {
    (void)argv;
    signal(SIGTTOU, SIG_IGN);   // as shells do, to take the foreground back
    printf("leader %d, foreground %d, session %d\n", getsid(0) == getpid(), tcgetpgrp(0) == getpgrp(), tcgetsid(0) == getsid(0));
    background("writes", writeSome, 1);
    background("reads, ignoring", readIgnoring, 1);
    background("reads, blocking", readBlocking, 1);
    background("sets modes", setModes, 1);
    background("sets modes, ignoring", setModesIgnoring, 1);
    background("flushes", flushInput, 1);
    background("asks the size", size, 1);
    background("takes the foreground", takeForeground, 1);
    background("takes the foreground, blocking", takeForegroundBlocking, 1);
    tcsetpgrp(0, getpgrp());
    background("reads", readSome, 0);
    background("reads, catching", readCatching, 0);
    tostop(1);
    background("writes with TOSTOP", writeSome, 1);
    background("writes with TOSTOP, ignoring", writeIgnoring, 1);
    orphaned("writes with TOSTOP", writeSome);
    tostop(0);
    orphaned("reads", readSome);
    orphaned("sets modes", setModes);
    newSession();
    if (argc > 1) foreign();    // what the newer kernel says
    strange();
    giveUp();
    return 0;
}
