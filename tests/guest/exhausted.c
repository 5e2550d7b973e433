/* More memory than the machine has (execscope --memory 32M): too large a mapping is refused; who fills memory is killed,
   and what it had is there for others again. Not run natively: it would take all of the host's memory. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

static char* area(int mebibytes, int flags) {
    return mmap(0, (size_t)mebibytes * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void fill(void) {
    for (;;) {
        char* piece = area(1, MAP_NORESERVE);    // no promise of memory is asked for, so none is refused
        if (piece == MAP_FAILED) _exit(3);
        memset(piece, 1, MIB);
    }
}

static const char* ended(int status) {
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL ? "SIGKILL" : "another signal";
    return WEXITSTATUS(status) == 3 ? "ENOMEM" : "exit";
}

static void waitFor(const char* what) {
    int status = 0;
    wait(&status);
    printf("%s: %s\n", what, ended(status));
    fflush(stdout);
}

/* Two fill memory at once, and a third does with little. */
static void together(void) {
    for (int i = 0; i < 2; i++)
        if (fork() == 0) fill();
    char* small = area(1, 0);
    for (int round = 0; round < 200; round++) memset(small, round, MIB);
    waitFor("one of two");
    waitFor("the other");
    printf("still here %d\n", small[MIB - 1]);
}

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    printf("too large: %s\n", area(4096, 0) == MAP_FAILED && errno == ENOMEM ? "ENOMEM" : "mapped");
    for (int round = 0; round < 3; round++) {
        if (fork() == 0) fill();
        waitFor("filled");
    }
    together();
    char* again = area(16, 0);
    memset(again, 7, 16 * MIB);
    printf("16 MiB at the end %d\n", again[16 * MIB - 1]);
    return 0;
}
