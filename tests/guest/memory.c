/* brk, anonymous and file mappings, mprotect, mremap, and what happens outside of them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char* touch(volatile char* address, int write) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (write) *address = 1;
        else (void)*address;
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) return "fine";
    return WTERMSIG(status) == SIGSEGV ? "SIGSEGV" : WTERMSIG(status) == SIGBUS ? "SIGBUS" : "?";
}

static int allZero(const char* bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i]) return 0;
    return 1;
}

static void heap(void) {
    uintptr_t start = syscall(SYS_brk, 0);
    uintptr_t up = (start + 0x5fff) & ~0xfffUL;
    int grown = syscall(SYS_brk, up) == (long)up;
    printf("brk grows %d zero %d\n", grown, allZero((char*)start, up - start));
    memset((char*)start, 1, up - start);
    printf("at the end %s\n", touch((char*)up, 0));
    uintptr_t down = up - 0x3000;
    int shrunk = syscall(SYS_brk, down) == (long)down;
    printf("brk shrinks %d, given back %s\n", shrunk, touch((char*)down, 0));
    syscall(SYS_brk, up);
    printf("fresh again %d\n", allZero((char*)down, up - down));
    int refused = syscall(SYS_brk, 0x700000000000) == (long)up;
    printf("refused %d\n", refused);
}

static void anonymous(void) {
    char* area = mmap(0, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("zero %d\n", allZero(area, 5 * 4096));
    memset(area, 5, 5 * 4096);
    mprotect(area + 4096, 4096, PROT_READ);
    mprotect(area + 2 * 4096, 4096, PROT_NONE);
    munmap(area + 4 * 4096, 4096);
    printf("rw %s, ", touch(area, 1));
    printf("read-only: read %s ", touch(area + 4096, 0));
    printf("write %s, ", touch(area + 4096, 1));
    printf("none: read %s, ", touch(area + 2 * 4096, 0));
    printf("unmapped: read %s\n", touch(area + 4 * 4096, 0));
    mprotect(area, 4 * 4096, PROT_READ | PROT_WRITE);
    printf("kept %d %d\n", area[4096], area[2 * 4096]);
    char* fixed = mmap(area + 4096, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    printf("fixed %d zero %d neighbours %d %d\n", fixed == area + 4096, allZero(fixed, 4096), area[4095], area[8192]);
    char* moved = mremap(area, 4 * 4096, 8 * 4096, MREMAP_MAYMOVE);
    printf("remapped %d %d\n", moved[0], allZero(moved + 4 * 4096, 4 * 4096));
}

static void ofFile(void) {
    char text[8192] = "contents of the file";
    int fd = open("/tmp/mapped", O_CREAT | O_RDWR, 0600);
    if (write(fd, text, 6000) != 6000) return;
    char* private = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    char* shared = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    printf("mapped: %s; tail zero %d; beyond %s\n", private, allZero(private + 6000, 2192), touch(shared + 8192, 0));
    private[0] = 'P';
    shared[1] = 'S';
    pread(fd, text, 20, 0);
    printf("file: %.20s; private: %.20s\n", text, private);
    pwrite(fd, "W", 1, 2);
    printf("shared sees write: %.20s\n", shared);
    printf("errors:");
    printf(" %d", mmap(0, 0, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0);
    printf(" %d", mmap(0, 1, PROT_READ, MAP_PRIVATE, fd, 1) == MAP_FAILED ? errno : 0);
    printf(" %d", mmap(0, 1, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED ? errno : 0);
    printf(" %d\n", munmap((void*)1, 1) ? errno : 0);
}

int main(void) {
    static char buffer[4096];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);  // malloc must not use the heap that this program moves
    heap();
    anonymous();
    ofFile();
    return 0;
}
