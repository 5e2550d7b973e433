// Registers itself in binfmt_misc in several ways and executes files that are its own. As interpreter it says what it got.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIRECTORY "/proc/sys/fs/binfmt_misc/"

static int put(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, DIRECTORY "%s", name);
    int fd = open(path, O_WRONLY);
    int error = fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
    close(fd);
    return error;
}

static void show(const char *name)
{
    char path[200], text[2000];
    snprintf(path, sizeof path, DIRECTORY "%s", name);
    int fd = open(path, O_RDONLY);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    text[length > 0 ? length : 0] = 0;
    for (char *c = text; *c; c++)
        if (*c == '\n')
            *c = ';';
    printf("%s: %s\n", name, fd < 0 ? "missing" : text);
    close(fd);
}

static void run(const char *path)
{
    fflush(stdout);
    if (!fork()) {
        execl(path, "zero", "one", NULL);
        printf("refused: %d\n", errno);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
}

static void file(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0755);
    dprintf(fd, "%s", text);
    close(fd);
}

static int interpret(int argc, char **argv)
{
    char start[3] = "";
    unsigned long fd = getauxval(AT_EXECFD);
    if (fd && pread((int)fd, start, 2, 0) < 0)
        return 1;
    printf("interpreting");
    for (int i = 1; i < argc; i++)
        printf(" %s", argv[i]);
    printf(" [%s] %lu\n", start, getauxval(AT_FLAGS));
    return 0;
}

int main(int argc, char **argv)
{
    char line[300];
    if (argc > 1)
        return interpret(argc, argv);
    file("/tmp/prog", "QZ\n");
    file("/tmp/prog.ext", "hello\n");
    show("status");
    run("/tmp/prog");
    snprintf(line, sizeof line, ":one:M::QZ::%s:", argv[0]);
    int first = put("register", line);
    printf("register: %d %d\n", first, put("register", line));
    show("one");
    run("/tmp/prog");
    printf("disable: %d\n", put("one", "0"));
    run("/tmp/prog");
    printf("enable, switch all off: %d %d\n", put("one", "1"), put("status", "0"));
    run("/tmp/prog");
    printf("on: %d\n", put("status", "1"));
    snprintf(line, sizeof line, ":two:M:1:Z::%s:PO", argv[0]);
    printf("register: %d\n", put("register", line));
    show("two");
    run("/tmp/prog");
    printf("remove: %d\n", put("two", "-1"));
    show("two");
    snprintf(line, sizeof line, ":ext:E::ext::%s:", argv[0]);
    printf("register: %d\n", put("register", line));
    run("/tmp/prog.ext");
    snprintf(line, sizeof line, ":f:M::QZ::%s:F", argv[0]);
    printf("flag F: %d\n", put("register", line));
    run("/tmp/prog");
    printf("clear: %d\n", put("status", "-1"));
    char path[140] = "/tmp/";
    memset(path + 5, 'i', 122);
    symlink(argv[0], path);
    snprintf(line, sizeof line, ":long:M::QZ::%sii:", path);
    printf("a path of 129 bytes: %d\n", put("register", line));
    run("/tmp/prog");
    printf("clear: %d, nonsense: %d\n", put("status", "-1"), put("register", "nonsense"));
    run("/tmp/prog");
    return 0;
}
