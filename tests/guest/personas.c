// personality(2): what a program leaves to its child and to the program it executes, and what follows from it.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

// The line of /proc/self/maps that has `address` or ends with `name`: its permissions.
static void permissions(const char *what, unsigned long address, const char *name) {
    static char text[16384];
    const int fd = open("/proc/self/maps", O_RDONLY);
    size_t size = 0;
    for (ssize_t n; (n = read(fd, text + size, sizeof text - 1 - size)) > 0;) size += (size_t)n;
    text[size] = 0;
    close(fd);
    const char *found = "none";
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *rest, *end;
        const unsigned long first = strtoul(line, &rest, 16), last = strtoul(rest + 1, &end, 16);
        if (name ? strstr(line, name) != NULL : first <= address && address < last) found = strtok(end + 1, " ");
        if (strcmp(found, "none")) break;
    }
    printf(" %s %s", what, found);
}

static void report(const char *when) {
    struct utsname names;
    uname(&names);
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *changed = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(changed, 4096, PROT_READ | PROT_WRITE);
    void *old_end = sbrk(4096);
    printf("  %s: %x %s %.4s %s", when, personality(0xffffffff), names.machine, personality(0xffffffff) & UNAME26 ? names.release : "", (unsigned long)page < 0x400000000000 ? "low" : "high");
    permissions("zero", 0, NULL);
    permissions("page", (unsigned long)page, NULL);
    permissions("changed", (unsigned long)changed, NULL);
    permissions("heap", (unsigned long)old_end, NULL);
    permissions("stack", 0, "[stack]");
    printf("\n");
    fflush(stdout);
    munmap(page, 4096);
    munmap(changed, 4096);
}

static void leave(const char *name, unsigned persona, char *program) {
    printf("%s\n", name);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        if (personality(persona) == -1) perror("personality");
        report("before");
        if (fork() == 0) {
            report("child");
            _exit(0);
        }
        wait(NULL);
        char *arguments[] = {program, (char *)"after", NULL};
        execv(program, arguments);
        perror(program);
        _exit(1);
    }
    waitpid(child, NULL, 0);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        report(argv[1]);
        return 0;
    }
    leave("nothing", ADDR_NO_RANDOMIZE, argv[0]);
    leave("READ_IMPLIES_EXEC", ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC, argv[0]);
    leave("MMAP_PAGE_ZERO", ADDR_NO_RANDOMIZE | MMAP_PAGE_ZERO, argv[0]);
    leave("ADDR_COMPAT_LAYOUT", ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT, argv[0]);
    leave("SHORT_INODE, WHOLE_SECONDS", ADDR_NO_RANDOMIZE | SHORT_INODE | WHOLE_SECONDS, argv[0]);
    leave("PER_LINUX32", ADDR_NO_RANDOMIZE | PER_LINUX32, argv[0]);
    leave("PER_BSD", ADDR_NO_RANDOMIZE | PER_BSD, argv[0]);
    leave("UNAME26", ADDR_NO_RANDOMIZE | UNAME26, argv[0]);
    return 0;
}
