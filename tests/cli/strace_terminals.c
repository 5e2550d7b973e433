// Requests of ioctl(2), every bit of struct termios, time, sched_setattr: what strace_terminals.cpp and strace_times.cpp write.
#include <asm/termbits.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct termios settings;
static struct winsize size = {24, 80, 3, 4};
static int number, pending, group, zero;
static long stamp;
struct attributes { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, deadline, period; uint32_t low, high; };

static void terminal(void) {
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    ioctl(master, TIOCSPTLCK, &zero);
    ioctl(master, TIOCGPTN, &number);
    ioctl(master, TCGETS, &settings);
    ioctl(master, TIOCSWINSZ, &size);
    ioctl(master, TIOCGWINSZ, &size);
    settings.c_lflag &= ~(ECHO | ICANON);
    ioctl(master, TCSETS, &settings);
    settings.c_iflag |= IXOFF;
    ioctl(master, TCSETSW, &settings);
    settings.c_lflag |= ECHO;
    ioctl(master, TCSETSF, &settings);
    ioctl(master, TCGETS, &settings);
    ioctl(master, FIONREAD, &pending);
    ioctl(master, TIOCGPGRP, &group);
    ioctl(master, TCGETS, 0);
    ioctl(master, TCGETS, 1);
    ioctl(master, TCSETS, 1);
    close(master);
}

static void everyBit(void) {        // strace shows what is set also where there is no terminal
    int null = open("/dev/null", O_RDWR);
    for (int word = 0; word < 4; ++word)
        for (int bit = -1; bit < 33; ++bit) {
            unsigned words[16] = {0};
            words[word] = bit < 0 ? 0 : bit == 32 ? ~0u : 1u << bit;
            ioctl(null, TCSETS, words);
        }
    for (unsigned speed = 0; speed < 32; ++speed) {
        struct termios t = {.c_cflag = (speed & 15) | (speed & 16 ? 010000 : 0) | speed << 28 >> 12};
        ioctl(null, TCSETSW, &t);
    }
    static const int numbers[] = {FIONBIO, TIOCSPGRP, TIOCGPGRP, TIOCOUTQ, TIOCGSID, TIOCGETD, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONCLEX, FIOCLEX, TIOCNOTTY};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; ++i) ioctl(null, numbers[i], &size);
    for (int i = 0; i < 5; ++i) ioctl(null, TCFLSH, i), ioctl(null, TCXONC, i), ioctl(null, TCSBRK, i), ioctl(null, TCSBRKP, i), ioctl(null, TIOCSCTTY, i);
    close(null);
}

int main(void) {
    terminal();
    everyBit();
    int pipes[2];
    pipe(pipes);
    write(pipes[1], "abc", 3);
    ioctl(pipes[0], FIONREAD, &pending);
    ioctl(pipes[0], TCGETS, &settings);
    ioctl(pipes[0], FIONBIO, &pending);
    syscall(SYS_time, &stamp);
    syscall(SYS_time, 0);
    syscall(SYS_time, 1);
    struct attributes a = {48, 0, 0, 5, 0}, b = {0};
    syscall(SYS_sched_setattr, 0, &a, 0);
    syscall(SYS_sched_getattr, 0, &b, sizeof b, 0);
    a = (struct attributes){56, 3, 1, -3, 0};
    syscall(SYS_sched_setattr, 0, &a, 0);
    syscall(SYS_sched_getattr, 0, &b, 48, 0);
    syscall(SYS_sched_getattr, 0, 1, 48, 0);
    a.size = 0, a.flags = 2;
    syscall(SYS_sched_setattr, 0, &a, 0);
    struct { struct attributes a; long more[3]; } longer = {{80, 0, 0, 5, 0}};
    syscall(SYS_sched_setattr, 0, &longer, 0);
    a.flags = 0x80;
    a.size = 56;
    syscall(SYS_sched_setattr, 0, &a, 0);
    syscall(SYS_sched_setattr, 0, 0, 0);
    syscall(SYS_sched_setattr, 0, 1, 0);
    return 0;
}
