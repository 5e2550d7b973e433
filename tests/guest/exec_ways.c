// Scripts, strings and paths at their limits, and files that change while they run: execve(2), "Interpreter scripts", "Limits".
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SELF "/proc/self/exe"

static char *plain[] = {"ways", "show", NULL}, *no_environment[] = {NULL};

static void show(int argc, char **argv)
{
    char comm[16];
    prctl(PR_GET_NAME, comm);
    printf("%d arguments:", argc);
    for (int i = 0; i < argc; i++)
        printf(" [%.30s: %zu]", argv[i], strlen(argv[i]));
    printf(", name %s\n", comm);
    exit(0);
}

static void try(const char *path, char **argv)
{
    execve(path, argv, no_environment);
    printf("%s: ", strerror(errno));
    fflush(stdout);
}

static void file(const char *path, const char *text, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    write(fd, text, size);
    close(fd);
}

static void script(const char *text, size_t size)
{
    file("/tmp/script", text, size);
    fflush(stdout);
    if (fork() == 0) {
        try("/tmp/script", plain);
        exit(0);
    }
    wait(NULL);
}
#define SCRIPT(text) script(text, sizeof text - 1)

static char *letters(size_t count)
{
    char *text = calloc(count + 1, 1);
    return memset(text, 'a', count);
}

static void scripts(void)
{
    static char long_line[400] = "#!" SELF " show ";
    SCRIPT("#! \t" SELF "\tshow one  two \t \nrest");
    SCRIPT("#!" SELF);
    SCRIPT("#!" SELF " sh\0ow\n");
    SCRIPT("#!");
    SCRIPT("#!\n");
    SCRIPT("#!  \t ");
    SCRIPT("#!/tmp\n");
    SCRIPT("#!/tmp/script\n");
    memset(long_line + strlen(long_line), 'w', 300);
    script(long_line, 320);
    memset(long_line + 2, '/', 318);
    script(long_line, 320);
}

static void strings(void)
{
    struct rlimit limit = {262144, RLIM_INFINITY};
    char *big[] = {"ways", "show", letters(131072), NULL}, *many[] = {"ways", "show", letters(100000), letters(100000), NULL}, *none[] = {NULL};
    if (fork() == 0) {
        try(SELF, big);
        big[2][131071] = 0;
        try(SELF, big);
    }
    wait(NULL);
    if (fork() == 0) {
        setrlimit(RLIMIT_STACK, &limit);
        try(SELF, many);
        many[3] = NULL;
        try(SELF, many);
    }
    wait(NULL);
    if (fork() == 0)
        try(SELF, none);
    wait(NULL);
}

static void paths(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    memset(page + 4000, '/', 96);
    try(page + 4000, plain);
    try(page + 4096, plain);
    try(letters(255), plain);
    try(letters(256), plain);
    try(letters(4095), plain);
    try(letters(4096), plain);
    try("", plain);
    try(SELF "/x", plain);
}

static void busy(void)
{
    char name[40], *bytes = malloc(1 << 20);
    int self = open(SELF, O_RDONLY | O_CLOEXEC), copy;
    file("/tmp/copy", bytes, (size_t)read(self, bytes, 1 << 20));
    copy = open("/tmp/copy", O_RDWR | O_CLOEXEC);
    try("/tmp/copy", plain);
    close(copy);
    copy = open("/tmp/copy", O_RDONLY | O_CLOEXEC);
    unlink("/tmp/copy");
    sprintf(name, "/proc/self/fd/%d", copy);
    try(name, plain);
}

int main(int argc, char **argv)
{
    void (*parts[])(void) = {scripts, strings, paths, busy};
    if (argc != 1 || !argv[0][0])
        show(argc, argv);
    for (int i = 0; i < 4; i++) {
        fflush(stdout);
        if (fork() == 0) {
            parts[i]();
            exit(0);
        }
        wait(NULL);
        printf("\n");
    }
    return 0;
}
