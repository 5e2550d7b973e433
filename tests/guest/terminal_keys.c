// What read(2) gives of the keys that tests/guest/terminals.py types: canonical lines, then single keys. Prints each read in hex.
// With "size" it says how large the screen becomes, with "compute" it never ends.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static void show(const char* what, ssize_t n, const unsigned char* bytes) {
    printf("%s %zd", what, n);
    for (ssize_t i = 0; i < n && i < 40; ++i) printf(" %02x", bytes[i]);
    if (n < 0) printf(" %s", strerror(errno));
    printf("\n");          // shown by ready(): not in the middle of what is being echoed
}

static void readOnce(const char* what, size_t size) {
    unsigned char bytes[8192];
    show(what, read(0, bytes, size < sizeof bytes ? size : sizeof bytes), bytes);
}

static void ready(const char* what) {
    printf("%s> ", what);
    fflush(stdout);
}

static void modes(struct termios* t, tcflag_t without, tcflag_t with, int min, int time) {
    t->c_lflag = (t->c_lflag & ~without) | with;
    t->c_cc[VMIN] = min;
    t->c_cc[VTIME] = time;
    tcsetattr(0, TCSANOW, t);
}

static void waitForInput(int count) {
    int n = 0;
    while (n < count) {
        struct pollfd p = {0, POLLIN, 0};
        poll(&p, 1, 1000);
        ioctl(0, FIONREAD, &n);
    }
    printf("FIONREAD %d\n", n);
}

static void lines(void) {
    ready("lines");
    for (int i = 0; i < 13; ++i) readOnce("line", 8192);
    ready("pieces");
    for (int i = 0; i < 3; ++i) readOnce("piece", 3);
    ready("long");
    readOnce("long", 8192);
}

static volatile sig_atomic_t caught;
static void handler(int signal) { caught = signal; }

static void signals(void) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGINT, &action, 0);
    sigaction(SIGQUIT, &action, 0);
    sigset_t awaited, none;
    sigemptyset(&none);
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGINT);
    sigprocmask(SIG_BLOCK, &awaited, 0);
    ready("signal");
    struct pollfd p = {0, POLLIN, 0};
    int n = ppoll(&p, 1, 0, &none), left = -1;
    printf("interrupted %d", n);
    ioctl(0, FIONREAD, &left);
    printf(", signal %d, left %d\n", caught, left);
    ready("signal");
    while (caught != SIGQUIT) {}
    printf("signal %d\n", caught);
    signal(SIGTSTP, SIG_IGN);
    ready("stop");
    readOnce("not stopped", 100);
}

static void single(struct termios* t) {
    modes(t, ICANON | ECHO, 0, 1, 0);
    ready("raw");
    for (int i = 0; i < 3; ++i) readOnce("key", 1);
    modes(t, 0, 0, 3, 0);
    ready("min3");
    readOnce("three", 100);
    modes(t, 0, 0, 0, 0);
    readOnce("nothing there", 100);
    modes(t, 0, 0, 0, 2);
    readOnce("nothing in time", 100);
    modes(t, ISIG | IEXTEN, 0, 1, 0);
    t->c_iflag &= ~(ICRNL | IXON);
    tcsetattr(0, TCSAFLUSH, t);
    ready("control");
    for (int i = 0; i < 4; ++i) readOnce("control", 1);
    ready("ahead");
    waitForInput(3);
    modes(t, 0, ICANON, 0, 0);
    ready("now a line");
    readOnce("ahead", 100);
}

// The size of the screen, each time that it changes, until it is 30 rows.
static int sizes(void) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGWINCH, &action, 0);
    sigset_t changed, none;
    sigemptyset(&none);
    sigemptyset(&changed);
    sigaddset(&changed, SIGWINCH);
    sigprocmask(SIG_BLOCK, &changed, 0);
    struct winsize w = {0};
    ready("size");
    while (w.ws_row != 30) {
        struct pollfd p = {0, POLLIN, 0};
        if (ppoll(&p, 1, 0, &none) >= 0 || errno != EINTR) return 1;
        ioctl(0, TIOCGWINSZ, &w);
        printf("signal %d, %d rows, %d columns\n", caught, w.ws_row, w.ws_col);
        ready("size");
    }
    return 0;
}

int main(int argc, char** argv) {
    setvbuf(stdout, 0, _IOFBF, 1 << 16);
    if (argc > 1 && !strcmp(argv[1], "size")) return sizes();
    if (argc > 1 && !strcmp(argv[1], "compute")) {
        ready("compute");
        for (;;) {}
    }
    struct termios t;
    if (tcgetattr(0, &t) < 0) return perror("tcgetattr"), 1;
    printf("iflag %o oflag %o lflag %o\n", t.c_iflag, t.c_oflag, t.c_lflag);
    for (int i = 0; i < 17; ++i) printf(" %o", t.c_cc[i]);
    printf("\n");
    lines();
    signals();
    single(&t);
    return 0;
}
