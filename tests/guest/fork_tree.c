/* A tree of processes: each waits for its children and returns how many processes are below it. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int grow(int depth) {
    int processes = 1;
    if (depth == 0) return processes;
    for (int i = 0; i < 2; i++) {
        pid_t parent = getpid();
        pid_t child = fork();
        if (child == 0) {
            if (getppid() != parent) _exit(100);
            _exit(grow(depth - 1));
        }
        int status = 0;
        if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) _exit(101);
        processes += WEXITSTATUS(status);
    }
    return processes;
}

int main(void) {
    printf("processes %d\n", grow(4));
    return 0;
}
