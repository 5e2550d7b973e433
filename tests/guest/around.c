/* How many minor faults sixteen read pages of a file cost, and how many pages are there after the first. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 64 };

static long faults(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static long resident(void) {
    long total = 0, pages = 0;
    FILE* file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%ld %ld", &total, &pages) != 2) pages = -1;
    if (file) fclose(file);
    return pages;
}

int main(void) {
    static char bytes[PAGES * PAGE];
    int file = open("/tmp/around", O_RDWR | O_CREAT, 0600);
    memset(bytes, 'x', sizeof bytes);
    if (write(file, bytes, sizeof bytes) != sizeof bytes) return 1;
    volatile char* view = mmap((void*)0x10000000, PAGES * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0);
    faults(), resident();
    long pages = resident(), before = faults();
    (void)view[20 * PAGE];
    long first = faults() - before, more = resident() - pages;
    before = faults();
    for (int i = 16; i < 32; i++) (void)view[i * PAGE];
    long rest = faults() - before;
    printf("first read: %ld fault, %ld pages; the others: %ld faults\n", first, more, rest);
    return 0;
}
