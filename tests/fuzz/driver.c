// Pid 1 of the fuzzed machine. Reads inputs from standard input (input.hpp), each as one record; puts the file of each at
// /f, lets a child without privileges execute it for RUN_NS instructions, kills and reaps what is left, removes what it made.
// No libc; CMakeLists.txt builds it.

enum {
    SYS_read = 0, SYS_write = 1, SYS_open = 2, SYS_close = 3, SYS_nanosleep = 35, SYS_fork = 57, SYS_execve = 59, SYS_exit = 60,
    SYS_wait4 = 61, SYS_kill = 62, SYS_chdir = 80, SYS_unlink = 87, SYS_chmod = 90, SYS_chown = 92, SYS_setgid = 106, SYS_setuid = 105,
    SYS_setrlimit = 160, SYS_personality = 135, SYS_reboot = 169, SYS_execveat = 322
};
enum { O_RDONLY = 0, O_WRONLY = 1, O_CREAT = 0100, O_EXCL = 0200, O_CLOEXEC = 02000000, AT_EMPTY_PATH = 0x1000 };
enum { RLIMIT_STACK = 3, RLIMIT_CORE = 4, RLIMIT_NPROC = 6, RLIMIT_AS = 9 };
enum { READ_IMPLIES_EXEC = 0x400000, ADDR_NO_RANDOMIZE = 0x40000, MMAP_PAGE_ZERO = 0x100000, SIGKILL = 9 };
enum { HOW_SET_ID = 1, HOW_ASLR = 2, HOW_EXECVEAT = 4, HOW_SMALL = 8, HOW_ARGUMENTS = 16, HOW_PERSONA = 32 };      // input.hpp
enum { RUN_NS = 3000, ROOM = 1 << 18 };

struct record {
    unsigned how, misc_bytes, file_bytes;
    char bytes[ROOM];
};
static struct record record;
static char argument[4000];

static long call(long number, long a, long b, long c, long d, long e) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return result;
}

static void writeTo(const char* path, int flags, const char* bytes, long n) {
    const long fd = call(SYS_open, (long)path, O_WRONLY | O_CLOEXEC | flags, 0700, 0, 0);
    while (fd >= 0 && n > 0) {
        const long done = call(SYS_write, fd, (long)bytes, n, 0, 0);
        if (done <= 0) break;
        bytes += done;
        n -= done;
    }
    call(SYS_close, fd, 0, 0, 0, 0);
}

#define MISC "/proc/sys/fs/binfmt_misc/"

// One line of the text is one write(2).
static void registerAll(const char* text, unsigned n) {
    for (unsigned begin = 0, end = 0; begin < n; begin = ++end) {
        while (end < n && text[end] != '\n') ++end;
        writeTo(MISC "register", 0, text + begin, (long)(end - begin));
    }
}

static int readAll(char* to, long n) {
    while (n > 0) {
        const long got = call(SYS_read, 0, (long)to, n, 0, 0);
        if (got <= 0) return 0;
        to += got;
        n -= got;
    }
    return 1;
}

static int readRecord(void) {
    if (!readAll((char*)&record, 12) || record.misc_bytes > ROOM || record.file_bytes > ROOM - record.misc_bytes) return 0;
    return readAll(record.bytes, (long)record.misc_bytes + record.file_bytes);
}

static void limit(int what, unsigned long value) {
    unsigned long both[2] = {value, value};
    call(SYS_setrlimit, what, (long)both, 0, 0, 0);
}

static void child(unsigned how) {
    char* argv[40] = {"/f", "x", 0};
    char* envp[3] = {"A=1", 0, 0};
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NPROC, 16);
    if (how & HOW_SMALL) {
        limit(RLIMIT_STACK, 64 << 10);
        limit(RLIMIT_AS, 4 << 20);
    }
    if (how & HOW_ARGUMENTS) {
        for (int i = 0; i < 38; ++i) argv[i] = argument;
        argv[38] = 0;
        envp[1] = argument;
    }
    const long persona = (how & HOW_PERSONA ? READ_IMPLIES_EXEC | MMAP_PAGE_ZERO : 0) | (how & HOW_ASLR ? 0 : ADDR_NO_RANDOMIZE);
    call(SYS_personality, persona, 0, 0, 0, 0);
    call(SYS_setgid, 65534, 0, 0, 0, 0);
    call(SYS_setuid, 65534, 0, 0, 0, 0);
    const long fd = how & HOW_EXECVEAT ? call(SYS_open, (long)"/f", O_RDONLY, 0, 0, 0) : -1;
    for (int i = 0; i < 3; ++i) call(SYS_close, i, 0, 0, 0, 0);
    if (fd >= 0) call(SYS_execveat, fd, (long)"", (long)argv, (long)envp, AT_EMPTY_PATH);
    call(SYS_execve, (long)"/f", (long)argv, (long)envp, 0, 0);
    call(SYS_exit, 1, 0, 0, 0, 0);
}

static void runOne(void) {
    registerAll(record.bytes, record.misc_bytes);
    writeTo("/f", O_CREAT | O_EXCL, record.bytes + record.misc_bytes, record.file_bytes);
    if (record.how & HOW_SET_ID) call(SYS_chown, (long)"/f", 1000, 1000, 0, 0);
    call(SYS_chmod, (long)"/f", record.how & HOW_SET_ID ? 06755 : 0755, 0, 0, 0);
    const long pid = call(SYS_fork, 0, 0, 0, 0, 0);
    if (pid == 0) child(record.how);
    long a_while[2] = {0, RUN_NS};
    call(SYS_nanosleep, (long)a_while, 0, 0, 0, 0);
    do call(SYS_kill, -1, SIGKILL, 0, 0, 0);
    while (call(SYS_wait4, -1, 0, 0, 0, 0) > 0);
    writeTo(MISC "status", 0, "-1", 2);
    writeTo(MISC "status", 0, "1", 1);
    call(SYS_unlink, (long)"/f", 0, 0, 0, 0);
}

void _start(void) {
    for (unsigned i = 0; i < sizeof argument - 1; ++i) argument[i] = 'a';
    call(SYS_chmod, (long)"/tmp", 0755, 0, 0, 0);
    while (readRecord()) runOne();
    call(SYS_reboot, 0xfee1dead, 672274793, 0xa1b2c3d4, (long)"wait-status 0", 0);
    call(SYS_exit, 1, 0, 0, 0, 0);
}
