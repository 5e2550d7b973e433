// Files that are opened in other ways: memfd_create and seals, /dev/shm, named semaphores, O_TMPFILE, openat2, close_range; renameat2.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long result) { printf("%-32s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }
static void mapped(const char *what, void *p) { printf("%-32s %s\n", what, p == MAP_FAILED ? strerror(errno) : "mapped"); }
static int memfd(const char *name, unsigned flags) { return syscall(319, name, flags); }
static void name_of(int fd) {
    char link[64], name[128] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    name[readlink(link, name, sizeof name - 1)] = 0;
    printf("  %s\n", name);
}

static void seals(void) {
    char long_name[300];
    memset(long_name, 'x', sizeof long_name - 1), long_name[299] = 0;
    int fd = memfd("sealed", 2), other = memfd("", 0);
    struct stat s;
    fstat(fd, &s);
    printf("mode %o links %lu\n", s.st_mode, (unsigned long)s.st_nlink);
    name_of(fd);
    say("close on exec", fcntl(fd, F_GETFD));
    say("seals", fcntl(fd, F_GET_SEALS));
    say("seals of one without", fcntl(other, F_GET_SEALS));
    say("seal one without", fcntl(other, F_ADD_SEALS, F_SEAL_GROW));
    say("write", write(fd, "0123456789", 10));
    say("grow", fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    say("write over", pwrite(fd, "ab", 2, 3));
    say("write beyond", pwrite(fd, "ab", 2, 9));
    say("truncate up", ftruncate(fd, 11));
    say("truncate down", ftruncate(fd, 9));
    say("shrink", fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
    say("truncate down", ftruncate(fd, 8));
    char *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    say("write, while mapped", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    munmap(shared, 4096);
    say("future writes", fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    mapped("map shared, writable", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    shared = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
    mapped("map shared, readable", shared);
    say("make it writable", mprotect(shared, 4096, PROT_READ | PROT_WRITE));
    munmap(shared, 4096);
    say("no writes", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    say("write", write(fd, "x", 1));
    mapped("map shared, writable", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    mapped("map private, writable", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    say("punch", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    say("no seals", fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    say("one more", fcntl(fd, F_ADD_SEALS, 0));
    say("seals", fcntl(fd, F_GET_SEALS));
    say("bad seals", fcntl(memfd("x", 2), F_ADD_SEALS, 0x1000));
    say("seals of a directory", fcntl(open("/", O_RDONLY), F_GET_SEALS));
    say("bad flags", memfd("x", 0x100));
    say("long name", memfd(long_name, 0));
    say("longest name", memfd(long_name + 50, 0) > 0);
    say("bad name", memfd((void *)8, 0));
    say("read-only", open("/proc/self/fd/0", O_RDONLY) > 0);
}

static int run(int fd, char *const argv[]) {
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        syscall(322, fd, "", argv, environ, AT_EMPTY_PATH);
        printf("exec: %s\n", strerror(errno));
        fflush(stdout);
        _exit(1);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}
static void executes(void) {
    char bytes[65536], *argv[] = {"memory", "again", 0};
    int self = open("/proc/self/exe", O_RDONLY), fd = memfd("program", 1), script = memfd("script", 1);
    for (long n; (n = read(self, bytes, sizeof bytes)) > 0;) write(fd, bytes, n);
    say("running for writing", run(fd, argv));
    char again[32];
    snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
    int read_only = open(again, O_RDONLY | O_CLOEXEC);
    close(fd);
    say("from memory", run(read_only, argv));
    write(script, "#!/proc/self/exe\n", 17);
    snprintf(again, sizeof again, "/proc/self/fd/%d", script);
    fd = open(again, O_RDONLY | O_CLOEXEC);
    close(script);
    say("a script, close on exec", run(fd, argv));
    close(self), close(read_only), close(fd);
}

static void *poster(void *s) {
    sem_post(s);
    return 0;
}
static void named(void) {
    int fd = shm_open("/opening", O_RDWR | O_CREAT | O_EXCL, 0600);
    say("shm_open", fd >= 0);
    say("again", shm_open("/opening", O_RDWR | O_CREAT | O_EXCL, 0600));
    ftruncate(fd, 8192);
    name_of(fd);
    volatile int *here = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (!fork()) {
        int mine = shm_open("/opening", O_RDWR, 0);
        int *there = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, mine, 0);
        there[1024] = 42;
        _exit(shm_unlink("/opening"));
    }
    wait(0);
    printf("from the child: %d\n", here[1024]);
    say("unlinked", shm_open("/opening", O_RDWR, 0));
    sem_t *s = sem_open("/opening-sem", O_CREAT | O_EXCL, 0600, 0);
    if (s == SEM_FAILED) {
        say("sem_open", -1);
        return;
    }
    if (!fork()) {
        sem_t *mine = sem_open("/opening-sem", 0);
        sem_post(mine);
        _exit(0);
    }
    say("sem_wait", sem_wait(s));
    wait(0);
    pthread_t t;
    pthread_create(&t, 0, poster, s);
    say("sem_wait of a thread", sem_wait(s));
    pthread_join(t, 0);
    say("sem_close", sem_close(s));
    say("sem_unlink", sem_unlink("/opening-sem"));
    say("no such", sem_unlink("/opening-sem"));
    struct stat shm;
    stat("/dev/shm", &shm);
    printf("/dev/shm %o\n", shm.st_mode);
}

static void nameless(void) {
    char path[64];
    struct stat s;
    int fd = open("/dev/shm", O_TMPFILE | O_RDWR, 0640);
    say("O_TMPFILE", fd >= 0);
    fstat(fd, &s);
    printf("  mode %o links %lu\n", s.st_mode, (unsigned long)s.st_nlink);
    write(fd, "hidden", 6);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    say("name it", linkat(AT_FDCWD, path, AT_FDCWD, "/dev/shm/opening-named", AT_SYMLINK_FOLLOW));
    stat("/dev/shm/opening-named", &s);
    printf("  size %ld links %lu\n", (long)s.st_size, (unsigned long)s.st_nlink);
    unlink("/dev/shm/opening-named");
    int exclusive = open("/dev/shm", O_TMPFILE | O_RDWR | O_EXCL, 0600);
    snprintf(path, sizeof path, "/proc/self/fd/%d", exclusive);
    say("name it not", linkat(AT_FDCWD, path, AT_FDCWD, "/dev/shm/opening-named", AT_SYMLINK_FOLLOW));
    say("by descriptor", linkat(exclusive, "", AT_FDCWD, "/dev/shm/opening-named", AT_EMPTY_PATH));
    say("read-only", open("/dev/shm", O_TMPFILE | O_RDONLY, 0600));
    say("in a file", open("/proc/self/exe", O_TMPFILE | O_RDWR, 0600));
    say("in /proc", open("/proc", O_TMPFILE | O_RDWR, 0600) < 0);
    close(fd), close(exclusive);
}

struct how { unsigned long long flags, mode, resolve, more; };
static long openat2(int at, const char *path, unsigned long long flags, unsigned long long mode, unsigned long long resolve) {
    struct how h = {flags, mode, resolve, 0};
    long fd = syscall(437, at, path, &h, 24);
    if (fd >= 0) close(fd);
    return fd < 0 ? fd : 0;
}
enum { NO_XDEV = 1, NO_MAGICLINKS = 2, NO_SYMLINKS = 4, BENEATH = 8, IN_ROOT = 16, CACHED = 32 };
static void bounds(void) {
    mkdir("/dev/shm/bounds", 0755), mkdir("/dev/shm/bounds/d", 0755);
    symlink("d", "/dev/shm/bounds/inside"), symlink("../..", "/dev/shm/bounds/d/out"), symlink("/d", "/dev/shm/bounds/absolute");
    symlink("/proc/self/fd/0", "/dev/shm/bounds/magic");
    int at = open("/dev/shm/bounds", O_RDONLY | O_DIRECTORY);
    close(openat(at, "d/file", O_CREAT | O_WRONLY, 0600));
    say("plain", openat2(at, "d/file", O_RDONLY, 0, 0));
    say("beneath", openat2(at, "d/../d/file", O_RDONLY, 0, BENEATH));
    say("beneath, out", openat2(at, "d/../../bounds/d/file", O_RDONLY, 0, BENEATH));
    say("beneath, link out", openat2(at, "d/out", O_RDONLY, 0, BENEATH));
    say("beneath, absolute", openat2(at, "/dev", O_RDONLY, 0, BENEATH));
    say("beneath, absolute link", openat2(at, "absolute", O_RDONLY, 0, BENEATH));
    say("beneath, ..", openat2(at, "..", O_RDONLY, 0, BENEATH));
    say("in root", openat2(at, "/d/file", O_RDONLY, 0, IN_ROOT));
    say("in root, out", openat2(at, "../../../d/file", O_RDONLY, 0, IN_ROOT));
    say("in root, absolute link", openat2(at, "absolute/file", O_RDONLY, 0, IN_ROOT));
    say("in root, link out", openat2(at, "d/out/d/file", O_RDONLY, 0, IN_ROOT));
    say("no symlinks", openat2(at, "inside/file", O_RDONLY, 0, NO_SYMLINKS));
    say("no symlinks, last", openat2(at, "inside", O_RDONLY, 0, NO_SYMLINKS));
    say("no symlinks, O_PATH", openat2(at, "inside", O_PATH | O_NOFOLLOW, 0, NO_SYMLINKS));
    say("no magic links", openat2(AT_FDCWD, "/proc/self/root", O_PATH, 0, NO_MAGICLINKS));
    say("no magic links, a plain one", openat2(at, "inside/file", O_RDONLY, 0, NO_MAGICLINKS));
    say("beneath, magic", openat2(open("/proc/self", O_RDONLY), "root", O_PATH, 0, BENEATH));
    say("no crossing", openat2(AT_FDCWD, "/proc/self", O_PATH, 0, NO_XDEV));
    say("no crossing, inside", openat2(at, "d/file", O_RDONLY, 0, NO_XDEV));
    say("no crossing, up", openat2(at, "../../null", O_RDONLY, 0, NO_XDEV));
    say("both", openat2(at, "d", O_RDONLY, 0, BENEATH | IN_ROOT));
    say("bad resolve", openat2(at, "d", O_RDONLY, 0, 0x1000));
    say("bad flags", openat2(at, "d", 1ull << 40, 0, 0));
    say("mode without creation", openat2(at, "d/file", O_RDONLY, 0600, 0));
    say("bad mode", openat2(at, "d/file", O_CREAT, 010000, 0));
    say("create", openat2(at, "d/new", O_CREAT | O_RDWR | O_EXCL, 0600, BENEATH));
    say("cached, create", openat2(at, "d/new", O_CREAT | O_RDWR, 0600, CACHED));
    say("path and write", openat2(at, "d/new", O_PATH | O_RDWR, 0, 0));
    struct how h = {O_RDONLY, 0, 0, 0};
    say("short", syscall(437, at, "d", &h, 16));
    say("longer", syscall(437, at, "d", &h, 32) >= 0);
    h.more = 1;
    say("newer", syscall(437, at, "d", &h, 32));
    say("huge", syscall(437, at, "d", &h, 5000));
    unlinkat(at, "d/file", 0), unlinkat(at, "d/new", 0), unlinkat(at, "d/out", 0), unlinkat(at, "inside", 0), unlinkat(at, "absolute", 0), unlinkat(at, "magic", 0);
    unlinkat(at, "d", AT_REMOVEDIR), rmdir("/dev/shm/bounds");
    close(at);
}

enum { NOREPLACE = 1, EXCHANGE = 2 };
static int rename2(const char *from, const char *to, unsigned flags) { return syscall(316, AT_FDCWD, from, AT_FDCWD, to, flags); }
static void exchanges(void) {
    struct stat a, b;
    mkdir("/dev/shm/exchange", 0755), mkdir("/dev/shm/exchange/d", 0755), mkdir("/dev/shm/exchange/d/sub", 0755);
    close(open("/dev/shm/exchange/f", O_CREAT | O_WRONLY, 0600)), close(open("/dev/shm/exchange/d/sub/g", O_CREAT | O_WRONLY, 0600));
    say("exchange", rename2("/dev/shm/exchange/f", "/dev/shm/exchange/d/sub", EXCHANGE));
    stat("/dev/shm/exchange", &a), stat("/dev/shm/exchange/d", &b);
    printf("  links %lu %lu\n", (unsigned long)a.st_nlink, (unsigned long)b.st_nlink);
    say("moved along", access("/dev/shm/exchange/f/g", F_OK));
    say("with nothing", rename2("/dev/shm/exchange/f", "/dev/shm/exchange/none", EXCHANGE));
    say("with its parent", rename2("/dev/shm/exchange/d/sub", "/dev/shm/exchange/d", EXCHANGE));
    say("into itself", rename2("/dev/shm/exchange/d", "/dev/shm/exchange/d/sub", EXCHANGE));
    say("over, not replacing", rename2("/dev/shm/exchange/d/sub", "/dev/shm/exchange/f/g", NOREPLACE));
    say("to dot", rename2("/dev/shm/exchange/d/sub", "/dev/shm/exchange/.", NOREPLACE));
    unlink("/dev/shm/exchange/d/sub"), unlink("/dev/shm/exchange/f/g");
    rmdir("/dev/shm/exchange/f"), rmdir("/dev/shm/exchange/d"), rmdir("/dev/shm/exchange");
}

static long close_range_(unsigned first, unsigned last, unsigned flags) { return syscall(436, first, last, flags); }
static int is_open(int fd) { return fcntl(fd, F_GETFD); }
static void *apart(void *unused) {                  // a table of its own
    say("unshare", close_range_(20, 25, 2));
    printf("  in the thread %d %d\n", is_open(20), is_open(30));
    return unused;
}
static void ranges(void) {
    pthread_t t;
    for (int fd = 20; fd < 40; fd++) dup2(0, fd);
    say("close_range", close_range_(35, 36, 0));
    printf("  %d %d %d\n", is_open(34), is_open(35), is_open(37));
    say("on exec", close_range_(37, ~0u, 4));
    printf("  %d %d\n", is_open(34), is_open(38));
    say("backwards", close_range_(36, 35, 0));
    say("bad flags", close_range_(35, 36, 8));
    pthread_create(&t, 0, apart, 0);
    pthread_join(t, 0);
    printf("  %d %d\n", is_open(20), is_open(30));
    say("all others", close_range_(3, ~0u, 0));
    printf("  %d %d\n", is_open(20), is_open(2));
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc == 2) {
        printf("again\n");
        return 7;
    }
    if (argc > 2) return argc;
    umask(022);
    seals();
    executes();
    named();
    nameless();
    bounds();
    exchanges();
    ranges();
    return 0;
}
