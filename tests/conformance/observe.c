/* observe PROGRAM DIR: runs the capture's attrs (PROGRAM run DIR) and reads what /proc shows of the process that it examines:
   before its fork (attrs stops it there), of its child, and of it again after execve. What attrs reads through ptrace has to
   come from elsewhere. Prints PHASE|FILE|LINE. The numbers of processes follow each other here: attrs, its child, its child. */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const files[] = {"status", "stat", "maps", "timers", "oom_score_adj", "personality", "timerslack_ns"};
enum { NUMBER_OF_FILES = sizeof files / sizeof *files, HIGHEST_FD = 7, PATIENCE = 10000, PAUSE_NS = 10000 };

static int readFile(const char* path, char* to, int size) {
    const int fd = open(path, O_RDONLY);
    int length = 0, n;
    while (fd >= 0 && (n = read(fd, to + length, size - 1 - length)) > 0) length += n;
    to[length] = 0;
    if (fd >= 0) close(fd);
    return fd >= 0 ? length : -1;
}

static void show(const char* phase, const char* name, const char* path) {
    static char text[32768];
    if (readFile(path, text, sizeof text) < 0) return;
    for (char* line = strtok(text, "\n"); line; line = strtok(0, "\n")) printf("%s|%s|%s\n", phase, name, line);
}

static void showLink(const char* phase, const char* name, const char* path) {
    char target[PATH_MAX];
    const ssize_t length = readlink(path, target, sizeof target);
    if (length >= 0) printf("%s|%s|%.*s\n", phase, name, (int)length, target);
}

static void showProcess(const char* phase, int pid) {
    char path[64], name[16];
    for (int i = 0; i < NUMBER_OF_FILES; i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", pid, files[i]);
        show(phase, files[i], path);
    }
    snprintf(path, sizeof path, "/proc/%d/cwd", pid);
    showLink(phase, "cwd", path);
    for (int fd = 0; fd <= HIGHEST_FD; fd++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
        snprintf(name, sizeof name, "fd%d", fd);
        showLink(phase, name, path);
    }
}

/* What stat says behind the number: "(comm) S ..." */
static int is(int pid, const char* comm, char state) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (readFile(path, text, sizeof text) < 0) return 0;
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (!open || !close) return 0;
    if (comm && strncmp(open + 1, comm, close - open - 1)) return 0;
    return !state || close[2] == state;
}

static void await(int pid, const char* comm, char state) {
    for (int i = 0; i < PATIENCE; i++) {
        if (is(pid, comm, state)) return;
        const struct timespec pause = {0, PAUSE_NS};
        nanosleep(&pause, 0);
    }
    fprintf(stderr, "process %d is never %s %c\n", pid, comm ? comm : "there", state ? state : ' ');
    exit(1);
}

static void stopAndShow(const char* phase, int pid) {
    kill(pid, SIGSTOP);
    await(pid, 0, 'T');
    showProcess(phase, pid);
    kill(pid, SIGCONT);
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const int attrs = fork();
    if (!attrs) {
        execl(argv[1], argv[1], "run", argv[2], (char*)0);
        _exit(3);
    }
    /* Looks again every PAUSE_NS, before anybody else runs. */
    const struct sched_param first = {1};
    sched_setscheduler(0, SCHED_FIFO, &first);
    const int examined = attrs + 1, child = attrs + 2;
    await(examined, "renamed", 'T');
    showProcess("before", examined);
    kill(examined, SIGCONT);
    await(child, 0, 0);
    stopAndShow("fork_child", child);
    await(examined, "exe", 0);
    stopAndShow("after_exec", examined);
    int status;
    waitpid(attrs, &status, 0);
    static const char *const phases[] = {"before", "fork_child", "after_exec"};
    for (int i = 0; i < 3; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/attrs_%s_self.json", argv[2], phases[i]);
        show(phases[i], "self", path);
    }
    return status;
}
