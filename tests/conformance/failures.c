// failures: executes programs in ways that fail, one child each, as the lines of /cases say: ID WORD... PATH. Says how each ended:
// "ID PID errno N", "ID PID exit N" or "ID PID signal N". The words prepare the child, in their order; see prepare().
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_WORDS 16
#define BAD ((char *)8)

struct request {
    const char *path;
    char **argv, **envp;
    int at, fd, flags, shared;
};

static void must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "failures: %s: %s\n", what, strerror(errno));
    _exit(97);
}

static char **strings(unsigned long number, unsigned long size)
{
    char **list = calloc(number + 1, sizeof *list), *text = malloc(size + 1);
    memset(text, 'a', size);
    text[size] = 0;
    for (unsigned long i = 0; i < number; ++i)
        list[i] = text;
    return list;
}

static void write_to(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
    close(fd);
}

static void limit(const char *text)
{
    int resource = 0;
    unsigned long value = 0;
    must(sscanf(text, "%d:%lu", &resource, &value) == 2, "limit");
    struct rlimit both = {value, value};
    must(setrlimit((__rlimit_resource_t)resource, &both) == 0, "setrlimit");
}

static int sleeper(void *unused)
{
    (void)unused;
    while (pause())
        ;
    return 0;
}

// uid=N beside=N (a zombie of that user) limit=RESOURCE:BYTES write=PATH fifo=PATH ignore=SIGNAL args=NUMBERxSIZE argv=null|bad arg=bad path=null|bad|empty|long
// at=FLAGS,CLOEXEC (execveat of the opened file with an empty path) misc=ENTRY share (a task with the same signal actions)
static void prepare(struct request *r, const char *word)
{
    const char *equals = strchr(word, '='), *value = equals ? equals + 1 : "";
    unsigned long a = 0, b = 0;
    siginfo_t ended;
    if (!strncmp(word, "uid=", 4)) {
        must(setgid(atoi(value)) == 0 && setuid(atoi(value)) == 0, "setuid");
    } else if (!strncmp(word, "beside=", 7)) {
        if (fork() == 0) {
            must(setuid(atoi(value)) == 0, "setuid");
            _exit(0);
        }
        must(waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT) == 0, "waitid");
    } else if (!strncmp(word, "limit=", 6)) {
        limit(value);
    } else if (!strncmp(word, "write=", 6)) {
        must(open(value, O_RDWR) >= 0, value);
    } else if (!strncmp(word, "fifo=", 5)) {
        must(mkfifo(value, 0755) == 0 && open(value, O_RDWR | O_CLOEXEC) >= 0, value);
    } else if (!strncmp(word, "ignore=", 7)) {
        signal(atoi(value), SIG_IGN);
    } else if (!strncmp(word, "args=", 5)) {
        must(sscanf(value, "%lux%lu", &a, &b) == 2, word);
        r->argv = strings(a, b);
    } else if (!strncmp(word, "argv=", 5)) {
        r->argv = !strcmp(value, "bad") ? (char **)BAD : 0;
    } else if (!strncmp(word, "arg=", 4)) {
        r->argv = strings(2, 1);
        r->argv[1] = BAD;
    } else if (!strncmp(word, "path=", 5)) {
        r->path = !strcmp(value, "null") ? 0 : !strcmp(value, "bad") ? BAD : !strcmp(value, "empty") ? "" : strings(1, 4096)[0];
    } else if (!strncmp(word, "at=", 3)) {
        must(sscanf(value, "%lu,%lu", &a, &b) == 2, word);
        r->at = 1;
        r->flags = (int)a;
        r->fd = open(r->path, O_RDONLY | (b ? O_CLOEXEC : 0));
        must(r->fd >= 0, r->path);
    } else if (!strncmp(word, "misc=", 5)) {
        write_to("/proc/sys/fs/binfmt_misc/register", value);
    } else if (!strcmp(word, "share")) {
        r->shared = clone(sleeper, (char *)malloc(16384) + 16384, CLONE_VM | CLONE_SIGHAND | SIGCHLD, 0);
        must(r->shared > 0, "clone");
    } else {
        must(0, word);
    }
}

static int attempt(int count, char **words, int report)
{
    char *plain[] = {words[count - 1], "x", 0}, *environment[] = {"HOME=/", 0};
    struct request r = {words[count - 1], plain, environment, 0, -1, 0, 0};
    alarm(20);
    for (int i = 1; i < count - 1; ++i)
        prepare(&r, words[i]);
    if (r.at)
        syscall(SYS_execveat, r.fd, "", r.argv, r.envp, r.flags);
    else
        syscall(SYS_execve, r.path, r.argv, r.envp);
    int error = errno;
    if (write(report, &error, sizeof error) != sizeof error)
        return 96;
    if (r.shared)
        kill(r.shared, SIGKILL);
    while (waitpid(-1, 0, r.shared ? 0 : WNOHANG) > 0)
        ;
    return 0;
}

static void run(int count, char **words)
{
    int report[2], status = 0, error = 0;
    must(pipe2(report, O_CLOEXEC) == 0, "pipe2");
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        setpgid(0, 0);
        _exit(attempt(count, words, report[1]));
    }
    close(report[1]);
    must(waitpid(child, &status, 0) == child, "waitpid");
    kill(-child, SIGKILL);
    fcntl(report[0], F_SETFL, O_NONBLOCK);
    const char *how = WIFSIGNALED(status) ? "signal" : "exit";
    int value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    if (read(report[0], &error, sizeof error) == sizeof error && how[0] == 'e') {
        how = "errno";
        value = error;
    }
    close(report[0]);
    while (waitpid(-1, 0, WNOHANG) > 0)
        ;
    printf("%s %d %s %d\n", words[0], child, how, value);
    fflush(stdout);
}

int main(void)
{
    static char line[8192];
    FILE *cases = fopen("/cases", "r");
    must(cases != 0, "/cases");
    while (fgets(line, sizeof line, cases)) {
        char *words[MAX_WORDS], *word = strtok(line, " \n");
        int count = 0;
        for (; word && count < MAX_WORDS; word = strtok(0, " \n"))
            words[count++] = word;
        if (count)
            run(count, words);
    }
    return 0;
}
