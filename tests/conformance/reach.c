// What the captured scenarios do not reach: orphans, stopped and continued children, a fatal signal from another process, a group
// of threads that ends, /proc/self/maps, a heap that shrinks, an address of the kernel.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void orphan(void) {
    const pid_t parent = fork();
    if (!parent) {
        if (!fork()) {
            usleep(1000);
            _exit(0);
        }
        _exit(0);
    }
    waitpid(parent, NULL, 0);
    usleep(2000);
}

static void stopAndKill(void) {
    int status;
    const pid_t child = fork();
    if (!child) {
        for (;;) pause();
    }
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGCONT);
    waitpid(child, &status, WCONTINUED);
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
}

static void* sleeper(void* unused) {
    for (;;) pause();
    return unused;
}

static void threadsThatEnd(void) {
    const pid_t child = fork();
    if (!child) {
        pthread_t thread;
        pthread_create(&thread, NULL, sleeper, NULL);
        usleep(1000);
        exit(0);
    }
    waitpid(child, NULL, 0);
}

static void readMaps(void) {
    char text[4096];
    const int fd = open("/proc/self/maps", O_RDONLY);
    while (read(fd, text, sizeof text) > 0) {}
    close(fd);
}

static void heap(void) {
    void* begin = sbrk(1 << 16);
    if (begin == (void*)-1) return;
    sbrk(-(1 << 15));
}

static void readKernel(void) {
    const pid_t child = fork();
    if (!child) {
        *(volatile char*)0xffff888000000000;
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

// Neighbours that become one.
static void merge(void) {
    char* area = mmap(NULL, 4 << 12, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(area + (2 << 12), 1 << 12);
    mmap(area + (2 << 12), 1 << 12, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    munmap(area, 4 << 12);
}

int main(void) {
    orphan();
    stopAndKill();
    threadsThatEnd();
    readMaps();
    heap();
    readKernel();
    merge();
    return 0;
}
