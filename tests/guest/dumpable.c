// /proc/PID of processes that are dumpable, are not, or are another user's: who owns the files, who may open, read and follow them.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USER = 1000, OTHER = 2000 };
static const char *const files[] = {"auxv", "cmdline", "comm", "coredump_filter", "environ", "limits", "maps", "oom_score_adj",
                                    "stat", "statm", "status", "personality"};
static const char *const links[] = {"cwd", "exe", "root", "fd/0"};
static int later;           // the newer kernel: a file is refused when it is opened or when it is read; personality

static void become(unsigned id) {
    if (setgroups(0, NULL) || setresgid(id, id, id) || setresuid(id, id, id)) perror("become");
}

static void showFile(int pid, const char *name) {
    char path[60], byte;
    struct stat s;
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    printf("  %s:", name);
    if (stat(path, &s)) printf(" stat %d", errno);
    else printf(" %o %u:%u", s.st_mode & 07777, s.st_uid, s.st_gid);
    const int fd = open(path, O_RDONLY);
    int error = fd < 0 ? errno : 0;
    if (fd >= 0 && read(fd, &byte, 1) < 0) error = later ? 1000 + errno : errno;
    const int writer = open(path, O_WRONLY);
    printf(" read %d write %d\n", error, writer < 0 ? errno : 0);
    close(fd);
    close(writer);
}

static void showLink(int pid, const char *name) {
    char path[60], to[300];
    struct stat s;
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    printf("  %s:", name);
    if (lstat(path, &s)) printf(" lstat %d", errno);
    else printf(" %o %u:%u", s.st_mode, s.st_uid, s.st_gid);
    printf(" readlink %d", readlink(path, to, sizeof to) < 0 ? errno : 0);
    printf(" stat %d\n", stat(path, &s) ? errno : 0);
}

static void showDirectory(int pid, const char *name) {
    char path[60];
    struct stat s;
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    const int fd = open(path, O_RDONLY | O_DIRECTORY);
    printf("  %s/: open %d", name, fd < 0 ? errno : 0);
    close(fd);
    if (stat(path, &s)) printf(" stat %d\n", errno);
    else printf(" %o %u:%u\n", s.st_mode & 07777, s.st_uid, s.st_gid);
}

// Fields 26 and 27 are 1 for those who may not know; the numbers themselves do not matter.
static void showStat(int pid) {
    static const int fields[] = {26, 27, 28, 35, 45, 46, 47, 48, 49, 50, 51, 52};
    char path[60], text[1000] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    const int fd = open(path, O_RDONLY);
    if (read(fd, text, sizeof text - 1) < 0) perror(path);
    close(fd);
    printf("  fields:");
    char *at = strrchr(text, ')');
    for (int field = 2, i = 0; at && i < (int)(sizeof fields / sizeof *fields); field++, at = strchr(at + 1, ' ')) {
        if (field != fields[i]) continue;
        i++;
        const unsigned long value = strtoul(at, NULL, 10);
        if (field == 35 && !later) continue;
        printf(field == 35 || value <= 1 ? " %lu" : " x", value);
    }
    printf("\n");
}

static void look(const char *who, int pid) {
    void *head;
    size_t length;
    printf("%s\n", who);
    showDirectory(pid, ".");
    showDirectory(pid, "fd");
    for (int i = 0; i < (int)(sizeof files / sizeof *files) - !later; i++) showFile(pid, files[i]);
    for (int i = 0; i < (int)(sizeof links / sizeof *links); i++) showLink(pid, links[i]);
    showStat(pid);
    printf("  robust list %d\n", syscall(SYS_get_robust_list, pid, &head, &length) ? errno : 0);
    fflush(stdout);
}

static void undumpable(void) { become(USER), prctl(PR_SET_DUMPABLE, 0); }
static void user(void) { become(USER), prctl(PR_SET_DUMPABLE, 1); }
static void changed(void) { become(USER); }
static void other(void) { become(OTHER), prctl(PR_SET_DUMPABLE, 1); }
static void root(void) { prctl(PR_SET_DUMPABLE, 0); }
static void savedOnly(void) {
    if (setresgid(USER, USER, USER) || setresuid(USER, USER, OTHER)) perror("savedOnly");
    prctl(PR_SET_DUMPABLE, 1);
}
static void onlyFileIds(void) {
    if (setresgid(USER, USER, USER) || setresuid(OTHER, USER, OTHER)) perror("onlyFileIds");
    prctl(PR_SET_DUMPABLE, 1);
}
// A program that its user may execute, not read.
static void unreadable(void) {
    static char buffer[1 << 16];
    const int from = open("/proc/self/exe", O_RDONLY), to = open("unreadable", O_CREAT | O_TRUNC | O_WRONLY, 0600);
    for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;)
        if (write(to, buffer, (size_t)n) != n) perror("unreadable");
    close(from);
    fchmod(to, 0711);
    close(to);
    become(USER);
    execl("unreadable", "dumpable", "wait", NULL);
    perror("unreadable");
}

static void watch(const char *name, void (*kind)(void), void (*observer)(void)) {
    int ready[2], pid, status;
    char byte;
    if (pipe2(ready, O_CLOEXEC)) perror("pipe");
    if (!(pid = fork())) {
        dup2(open("/dev/null", O_RDONLY), 0);
        kind();
        close(ready[0]);
        close(ready[1]);
        for (;;) pause();
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) < 0) perror("read");
    close(ready[0]);
    usleep(2000);
    if (!fork()) {
        observer();
        look(name, pid);
        _exit(0);
    }
    wait(&status);
    kill(pid, SIGKILL);
    wait(&status);
}

static void own(const char *name, void (*kind)(void)) {
    fflush(stdout);
    if (!fork()) {
        kind();
        look(name, getpid());
        _exit(0);
    }
    wait(NULL);
}

static void rename_(void) {
    char name[17] = "";
    const int fd = open("/proc/self/comm", O_WRONLY), other = open("/proc/1/comm", O_WRONLY);
    printf("comm: %zd", write(fd, "a name of more than 16", 22));
    prctl(PR_GET_NAME, name);
    printf(" %s", name);
    printf(" %zd", write(fd, "short\0er", 8));
    prctl(PR_GET_NAME, name);
    printf(" %s", name);
    const ssize_t written = write(other, "x", 1);
    printf(" init's: %zd %d\n", written, errno);
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "wait"))
        for (;;) pause();
    later = argc > 1;
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    own("own, dumpable", user);
    own("own, after setuid", changed);
    own("own, not dumpable", undumpable);
    own("own, root", root);
    watch("the user's dumpable one", user, user);
    watch("the user's after setuid", changed, user);
    watch("the user's undumpable one", undumpable, user);
    watch("an unreadable program", unreadable, user);
    watch("root's by a user", root, user);
    watch("another user's", other, user);
    watch("one with another saved id", savedOnly, user);
    if (later) watch("by one whose file ids are the user's", user, onlyFileIds);
    watch("the undumpable one by root", undumpable, root);
    rename_();
    return 0;
}
