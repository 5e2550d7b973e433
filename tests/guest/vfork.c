/* vfork: the child runs first, in the parent's memory, until it exits or execs. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int written;

int main(int argc, char** argv) {
    if (argc > 1) {
        puts("exec from vfork");
        return 5;
    }
    pid_t child = vfork();
    if (child == 0) {
        written = 42;
        _exit(3);
    }
    int status;
    printf("parent sees %d\n", written);
    waitpid(child, &status, 0);
    printf("exit %d\n", WEXITSTATUS(status));
    fflush(stdout);
    child = vfork();
    if (child == 0) {
        execl(argv[0], argv[0], "again", (char*)0);
        _exit(9);
    }
    waitpid(child, &status, 0);
    printf("exit %d\n", WEXITSTATUS(status));
    child = vfork();
    if (child == 0) {
        execl("/missing", "missing", (char*)0);
        _exit(9);
    }
    waitpid(child, &status, 0);
    printf("failed exec: exit %d\n", WEXITSTATUS(status));
    return 0;
}
