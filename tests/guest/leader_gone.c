// The leader has ended, a thread goes on: what /proc shows of the process, and its exec.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void show(const char *path) {
    char target[256];
    const ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0) printf("%s: %s\n", path, strerror(errno));
    else printf("%s: %.*s\n", path, (int)n, target);
}
static void size(const char *path) {
    char text[4096];
    const int fd = open(path, O_RDONLY);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (n < 0) printf("%s: %s\n", path, strerror(errno));
    else printf("%s: %s\n", path, n ? "something" : "nothing");
    if (fd >= 0) close(fd);
}
static char stateOfLeader(void) {
    char text[512] = "";
    const int fd = open("/proc/self/stat", O_RDONLY);
    const ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    const char *end = n > 0 ? strrchr(text, ')') : NULL;
    return end ? end[2] : '?';
}

static void *survivor(void *program) {
    while (stateOfLeader() != 'Z') usleep(1000);
    printf("is leader: %d\n", syscall(SYS_gettid) == getpid());
    show("/proc/self/exe");
    show("/proc/self/cwd");
    show("/proc/self/root");
    size("/proc/self/maps");
    size("/proc/self/cmdline");
    size("/proc/self/comm");
    char *arguments[] = {program, "again", NULL};
    execv("/proc/self/exe", arguments);
    printf("execv of /proc/self/exe: %s\n", strerror(errno));
    fflush(stdout);
    execv(program, arguments);
    perror("execv");
    return NULL;
}

int main(int argc, char **argv) {
    if (argc > 1) {
        printf("again: leader %d, state %c\n", syscall(SYS_gettid) == getpid(), stateOfLeader());
        show("/proc/self/cwd");
        return 9;
    }
    pthread_t thread;
    pthread_create(&thread, NULL, survivor, argv[0]);
    syscall(SYS_exit, 0);
}
