// The guest's /sbin/init: runs one program, reaps everybody, ends the machine with what happened.
//   init [--terminal FD] [--chdir DIR] [--uid N] [--gid N] -- PATH ARGV0 [ARG...]
// With --terminal the program leads a session that has that descriptor's terminal.
// It ends through reboot(2) RESTART2 with "wait-status N" (as wait4 gives it) or "STEP-failed ERRNO", STEP being exec,
// chdir, setuid, setgid or fork. No libc: compile.sh makes the bytes that emu/guests/init.inc holds.

enum {
    SYS_read = 0, SYS_write = 1, SYS_ioctl = 16, SYS_fork = 57, SYS_execve = 59, SYS_exit = 60, SYS_wait4 = 61, SYS_chdir = 80, SYS_close = 3,
    SYS_setuid = 105, SYS_setgid = 106, SYS_setsid = 112, SYS_reboot = 169, SYS_pipe2 = 293
};
enum { O_CLOEXEC = 02000000, EINTR = 4, TIOCSCTTY = 0x540e };

static long syscall4(long number, long a, long b, long c, long d) {
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

static int same(const char* a, const char* b) {
    while (*a && *a == *b) ++a, ++b;
    return *a == *b;
}

static long number(const char* text) {
    long n = 0;
    for (; *text >= '0' && *text <= '9'; ++text) n = n * 10 + (*text - '0');
    return n;
}

static void append(char** to, const char* text) {
    while (*text) *(*to)++ = *text++;
}

static void appendNumber(char** to, unsigned n) {
    if (n >= 10) appendNumber(to, n / 10);
    *(*to)++ = (char)('0' + n % 10);
}

__attribute__((noreturn)) static void leave(const char* what, unsigned value) {
    char command[64], *end = command;
    append(&end, what);
    appendNumber(&end, value);
    *end = 0;
    syscall4(SYS_reboot, 0xfee1dead, 672274793, 0xa1b2c3d4, (long)command);
    syscall4(SYS_exit, 1, 0, 0, 0);
    __builtin_unreachable();
}

struct failure {
    int step, error;
};
enum { STEP_CHDIR, STEP_SETGID, STEP_SETUID, STEP_EXEC };
static const char steps[][16] = {"chdir-failed ", "setgid-failed ", "setuid-failed ", "exec-failed "};

struct options {
    const char* directory;
    const char *uid, *gid, *terminal;
    char** program;     // PATH, then its argv
};

static struct options parse(char** argument) {
    struct options options = {0, 0, 0, 0, 0};
    while (*argument && !same(*argument, "--")) {
        const char* name = *argument++;
        if (!*argument) break;
        if (same(name, "--chdir")) options.directory = *argument;
        else if (same(name, "--terminal")) options.terminal = *argument;
        else if (same(name, "--uid")) options.uid = *argument;
        else if (same(name, "--gid")) options.gid = *argument;
        ++argument;
    }
    if (*argument && argument[1]) options.program = argument + 1;
    return options;
}

static struct failure start(const struct options* options, char** environment) {
    long error;
    if (options->terminal) {
        syscall4(SYS_setsid, 0, 0, 0, 0);
        syscall4(SYS_ioctl, number(options->terminal), TIOCSCTTY, 0, 0);
    }
    if (options->directory && (error = syscall4(SYS_chdir, (long)options->directory, 0, 0, 0)) < 0)
        return (struct failure){STEP_CHDIR, (int)-error};
    if (options->gid && (error = syscall4(SYS_setgid, number(options->gid), 0, 0, 0)) < 0)
        return (struct failure){STEP_SETGID, (int)-error};
    if (options->uid && (error = syscall4(SYS_setuid, number(options->uid), 0, 0, 0)) < 0)
        return (struct failure){STEP_SETUID, (int)-error};
    error = syscall4(SYS_execve, (long)options->program[0], (long)(options->program + 1), (long)environment, 0);
    return (struct failure){STEP_EXEC, (int)-error};
}

__attribute__((noreturn)) void run(long* stack) {
    char** arguments = (char**)(stack + 1);
    char** environment = arguments + stack[0] + 1;
    const struct options options = parse(stack[0] ? arguments + 1 : arguments);
    if (!options.program) leave("exec-failed ", 22);

    int ends[2];
    syscall4(SYS_pipe2, (long)ends, O_CLOEXEC, 0, 0);
    const long child = syscall4(SYS_fork, 0, 0, 0, 0);
    if (child == 0) {
        struct failure failure = start(&options, environment);
        syscall4(SYS_write, ends[1], (long)&failure, sizeof failure, 0);
        syscall4(SYS_exit, 127, 0, 0, 0);
    }
    if (child < 0) leave("fork-failed ", (unsigned)-child);

    syscall4(SYS_close, ends[1], 0, 0, 0);
    struct failure failure;
    if (syscall4(SYS_read, ends[0], (long)&failure, sizeof failure, 0) == sizeof failure)
        leave(steps[failure.step], (unsigned)failure.error);
    syscall4(SYS_close, ends[0], 0, 0, 0);
    for (;;) {
        int status = 0;
        const long pid = syscall4(SYS_wait4, -1, (long)&status, 0, 0);
        if (pid == child) leave("wait-status ", (unsigned)status);
        if (pid < 0 && pid != -EINTR) leave("wait-failed ", (unsigned)-pid);
    }
}

__asm__(".globl _start\n_start:\n xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call run\n");
