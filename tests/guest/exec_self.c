/* exec of itself with other arguments and environment; what survives and what does not; errnos of execs that fail. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char* errnoName(int number) {
    switch (number) {
        case ENOENT: return "ENOENT";
        case EACCES: return "EACCES";
        case ENOEXEC: return "ENOEXEC";
        case ENOTDIR: return "ENOTDIR";
        case ELOOP: return "ELOOP";
        case EFAULT: return "EFAULT";
        case E2BIG: return "E2BIG";
        case ENAMETOOLONG: return "ENAMETOOLONG";
        default: return "other";
    }
}

static void put(const char* path, const void* bytes, size_t size, int mode) {
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (write(fd, bytes, size) != (ssize_t)size) _exit(80);
    fchmod(fd, mode);
    close(fd);
}

static void try(const char* name, const char* path) {
    char* arguments[] = {(char*)name, 0};
    int result = execve(path, arguments, arguments + 1);
    printf("%-12s %d %s\n", name, result, errnoName(errno));
}

static void failures(void) {
    static char longPath[5000];
    put("/tmp/text", "just words\n", 11, 0755);
    put("/tmp/empty", "", 0, 0755);
    put("/tmp/nox", "\177ELF", 4, 0644);
    put("/tmp/cut", "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\76\0\1\0\0\0", 24, 0755);
    symlink("/tmp/loop2", "/tmp/loop1");
    symlink("/tmp/loop1", "/tmp/loop2");
    memset(longPath, 'a', sizeof longPath - 1);
    try("missing", "/tmp/missing");
    try("directory", "/tmp");
    try("under file", "/tmp/text/x");
    try("text", "/tmp/text");
    try("empty", "/tmp/empty");
    try("no x bit", "/tmp/nox");
    try("cut short", "/tmp/cut");
    try("loop", "/tmp/loop1");
    try("long name", longPath);
    try("empty name", "");
    char* huge = malloc(200000);
    memset(huge, 'b', 199999);
    huge[199999] = 0;
    char* arguments[] = {huge, 0};
    int result = execve("/tmp/text", arguments, arguments + 1);
    printf("%-12s %d %s\n", "long string", result, errnoName(errno));
}

static int second(char** argv, char** envp) {
    for (int i = 0; argv[i]; i++)
        if (i != 1) printf("argv[%d] %s\n", i, argv[i]);
    for (int i = 0; envp[i]; i++) printf("envp[%d] %s\n", i, envp[i]);
    struct sigaction handled, ignored;
    sigset_t mask;
    sigaction(SIGUSR1, 0, &handled);
    sigaction(SIGUSR2, 0, &ignored);
    sigprocmask(SIG_BLOCK, 0, &mask);
    printf("handler reset %d, ignored kept %d, mask kept %d\n", handled.sa_handler == SIG_DFL,
           ignored.sa_handler == SIG_IGN, sigismember(&mask, SIGTERM));
    printf("fd 10 %s, fd 11 %s\n", fcntl(10, F_GETFD) < 0 ? "closed" : "open", fcntl(11, F_GETFD) < 0 ? "closed" : "open");
    printf("same pid %d\n", atoi(argv[1]) == getpid());
    return 21;
}

int main(int argc, char** argv, char** envp) {
    if (argc > 1) return second(argv, envp);
    failures();
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigprocmask(SIG_BLOCK, &mask, 0);
    signal(SIGUSR1, exit);
    signal(SIGUSR2, SIG_IGN);
    dup2(1, 10);
    dup2(1, 11);
    fcntl(10, F_SETFD, FD_CLOEXEC);
    char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    char* arguments[] = {"second", pid, "", "with space", 0};
    char* environment[] = {"A=1", "EMPTY=", "NOEQUALS", 0};
    fflush(stdout);
    arguments[1] = pid;
    execve(argv[0], arguments, environment);
    return 1;
}
