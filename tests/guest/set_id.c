// Set-id bits at exec: which ids the new program has, AT_SECURE, dumpable, the death signal, personality, the stack's limit.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USER = 1000, OTHER = 2000, GROUP = 3000 };

static int report(const char *name) {
    unsigned r, e, s, gr, ge, gs, header[2] = {0x20080522, 0}, caps[6] = {0};
    int death = -1;
    struct rlimit stack;
    syscall(SYS_getresuid, &r, &e, &s);
    syscall(SYS_getresgid, &gr, &ge, &gs);
    syscall(SYS_capget, header, caps);
    prctl(PR_GET_PDEATHSIG, &death);
    getrlimit(RLIMIT_STACK, &stack);
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("%s: uid %u %u %u gid %u %u %u secure %lu dumpable %d death %d personality %x stack %lx caps %d/%d\n", name, r, e, s, gr, ge, gs,
           getauxval(AT_SECURE), prctl(PR_GET_DUMPABLE), death, personality(0xffffffff), (unsigned long)stack.rlim_cur, caps[0] != 0,
           caps[1] != 0);
    printf("  auxv: %lu %lu %lu %lu, file %s\n", getauxval(AT_UID), getauxval(AT_EUID), getauxval(AT_GID), getauxval(AT_EGID),
           (const char *)getauxval(AT_EXECFN));
    munmap(page, 4096);
    return 0;
}

static void copySelf(const char *path, unsigned uid, unsigned gid, unsigned mode) {
    static char buffer[1 << 16];
    const int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;)
        if (write(to, buffer, (size_t)n) != n) perror(path);
    close(from);
    if (fchown(to, uid, gid)) perror("fchown");
    if (fchmod(to, mode)) perror("fchmod");
    close(to);
}

static void become(unsigned uid, unsigned gid) {
    if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid)) perror("become");
}
static void asRoot(void) {}
static void asUser(void) { become(USER, USER); }
static void asOther(void) { become(OTHER, OTHER); }
static void withoutNewPrivileges(void) {
    asUser();
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
static void withDeathSignal(void) {
    asUser();
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
}
static void withPersonality(void) {
    asUser();
    personality(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | READ_IMPLIES_EXEC | WHOLE_SECONDS | STICKY_TIMEOUTS);
}
static void withOtherReal(void) {
    if (setgroups(0, NULL) || setresuid(USER, OTHER, OTHER)) perror("setresuid");
}
static void withLargeStack(void) {
    const struct rlimit limit = {64 << 20, RLIM_INFINITY};
    setrlimit(RLIMIT_STACK, &limit);
    asUser();
}
static void undumpable(void) {
    asUser();
    prctl(PR_SET_DUMPABLE, 0);
}

static void run(const char *name, const char *path, void (*prepare)(void)) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        prepare();
        char *arguments[] = {(char *)path, (char *)"report", (char *)name, NULL};
        execve(path, arguments, arguments + 3);
        printf("%s: %s\n", name, strerror(errno));
        exit(0);
    }
    waitpid(child, NULL, 0);
}

static int sharing(void *path) {
    asUser();
    char *arguments[] = {path, (char *)"report", (char *)"shared directory", NULL};
    execve(path, arguments, arguments + 3);
    return 1;
}

// Who shares its root and working directory with another process gains nothing from the bit.
static void runShared(const char *path) {
    static char stack[1 << 16] __attribute__((aligned(16)));
    fflush(stdout);
    const int pid = clone(sharing, stack + sizeof stack, CLONE_FS | SIGCHLD, (void *)path);
    waitpid(pid, NULL, 0);
}

static void script(void) {
    const int fd = open("/tmp/script", O_CREAT | O_TRUNC | O_WRONLY, 0600);
    const char text[] = "#!/tmp/plain report\n";
    if (write(fd, text, sizeof text - 1) < 0 || fchmod(fd, 04755)) perror("script");
    close(fd);
}

int main(int argc, char **argv) {
    if (argc > 2 && !strcmp(argv[1], "report")) return report(argv[2]);
    umask(0);
    personality(0);
    copySelf("/tmp/plain", 0, 0, 0755);
    copySelf("/tmp/root", 0, 0, 04755);
    copySelf("/tmp/other", OTHER, 0, 04755);
    copySelf("/tmp/group", 0, GROUP, 02755);
    copySelf("/tmp/locking", 0, GROUP, 02745);
    copySelf("/tmp/both", OTHER, GROUP, 06755);
    copySelf("/tmp/unreadable", USER, 0, 0111);
    copySelf("/tmp/refused", 0, 0, 04644);
    script();
    run("plain as root", "/tmp/plain", asRoot);
    run("plain as user", "/tmp/plain", asUser);
    run("root as user", "/tmp/root", asUser);
    run("root as root", "/tmp/root", asRoot);
    run("other as root", "/tmp/other", asRoot);
    run("other as user", "/tmp/other", asUser);
    run("other as other", "/tmp/other", asOther);
    run("group as user", "/tmp/group", asUser);
    run("locking as user", "/tmp/locking", asUser);
    run("both as user", "/tmp/both", asUser);
    run("unreadable as other", "/tmp/unreadable", asOther);
    run("refused as root", "/tmp/refused", asRoot);
    run("script as user", "/tmp/script", asUser);
    run("no new privileges", "/tmp/root", withoutNewPrivileges);
    run("death signal", "/tmp/root", withDeathSignal);
    run("death signal, plain", "/tmp/plain", withDeathSignal);
    run("death signal, same", "/tmp/other", withDeathSignal);
    run("personality", "/tmp/plain", withPersonality);
    run("personality, root", "/tmp/root", withPersonality);
    run("other real user", "/tmp/plain", withOtherReal);
    run("large stack", "/tmp/plain", withLargeStack);
    run("undumpable", "/tmp/plain", undumpable);
    runShared("/tmp/root");
    if (argc > 1 && !strcmp(argv[1], "later")) run("large stack, root", "/tmp/root", withLargeStack);     // v3.10 leaves the limit
    return 0;
}
