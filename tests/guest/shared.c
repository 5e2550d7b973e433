/* File mappings, shared and private: who sees whose writes. "shared FILE HOW": writes through a mapping of FILE and ends
   after msync, munmap, nothing (exit) or kill; the file then holds what was written. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

static char* map(int file, int pages, int flags) {
    return mmap(0, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, flags, file, 0);
}

static char inFile(int file, long offset) {
    char c = '?';
    pread(file, &c, 1, offset);
    return c;
}

static void visibility(void) {
    char name[] = "/tmp/sharedXXXXXX", bytes[3 * PAGE];
    int file = mkstemp(name), status;
    memset(bytes, '.', sizeof bytes);
    write(file, bytes, sizeof bytes);
    char *one = map(file, 3, MAP_SHARED), *two = map(file, 3, MAP_SHARED), *own = map(file, 3, MAP_PRIVATE);
    one[0] = 'a';
    printf("shared write: other %c private %c file %c\n", two[0], own[0], inFile(file, 0));
    own[0] = 'p';
    printf("private write: shared %c own %c file %c\n", one[0], own[0], inFile(file, 0));
    pwrite(file, "w", 1, PAGE);
    pwrite(file, "w", 1, 0);
    printf("write(2): shared %c private, untouched %c, copied %c\n", one[PAGE], own[PAGE], own[0]);
    fflush(stdout);
    if (fork() == 0) {
        one[2 * PAGE] = 'c';
        own[2 * PAGE] = 'q';
        own[0] = 'r';
        _exit(own[2 * PAGE] == 'q' && two[2 * PAGE] == 'c' ? 0 : 1);
    }
    wait(&status);
    printf("child %d: shared %c private %c %c file %c\n", WEXITSTATUS(status), two[2 * PAGE], own[2 * PAGE], own[0],
           inFile(file, 2 * PAGE));
    munmap(one, 3 * PAGE);
    close(file);
    two[5] = 'z';
    munmap(two, 3 * PAGE);
    file = open(name, O_RDWR);
    printf("after munmap %c\n", inFile(file, 5));
    two = map(file, 1, MAP_SHARED);
    unlink(name);
    two[6] = 'u';
    printf("unlinked %c\n", inFile(file, 6));
}

/* Anonymous memory that is shared, and memory that is not, over two generations. */
static void generations(void) {
    char* shared = map(-1, 1, MAP_SHARED | MAP_ANONYMOUS);
    char* own = map(-1, 1, MAP_PRIVATE | MAP_ANONYMOUS);
    int status;
    shared[0] = own[0] = 1;
    fflush(stdout);
    if (fork() == 0) {
        shared[0]++;
        own[0]++;
        if (fork() == 0) {
            shared[0]++;
            own[0]++;
            _exit(own[0]);
        }
        wait(&status);
        _exit(WEXITSTATUS(status) * 10 + own[0]);
    }
    wait(&status);
    printf("shared %d, own %d, theirs %d\n", shared[0], own[0], WEXITSTATUS(status));
}

static int writeBack(const char* name, const char* how) {
    int file = open(name, O_RDWR);
    char* area = map(file, 2, MAP_SHARED);
    close(file);
    if (area == MAP_FAILED) return 1;
    memcpy(area + 10, how, strlen(how));
    area[PAGE] = '!';
    if (strcmp(how, "msync") == 0) {
        if (msync(area, 2 * PAGE, MS_SYNC)) return 2;
        raise(SIGKILL);
    }
    if (strcmp(how, "munmap") == 0) munmap(area, 2 * PAGE);
    if (strcmp(how, "kill") == 0) raise(SIGKILL);
    if (strcmp(how, "orphan") == 0 && fork() == 0)
        for (;;) pause();
    return 0;
}

int main(int argc, char** argv) {
    if (argc > 2) return writeBack(argv[1], argv[2]);
    visibility();
    generations();
    return 0;
}
