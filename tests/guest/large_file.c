/* Reads, maps and sends parts of a file of more than 4 GiB, argv[1], and changes it behind its end; then reads 96 MiB of it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIB (1l << 30)

static char buffer[1 << 20];

static void sum(int fd) {
    unsigned long all = 0, bytes = 0;
    for (long n; bytes < 96ul << 20 && (n = read(fd, buffer, sizeof buffer)) > 0; bytes += (unsigned long)n)
        for (long i = 0; i < n; i += 512) all += (unsigned char)buffer[i];
    printf("read %lu, sum %lu\n", bytes, all);
}

int main(int argc, char **argv) {
    const int fd = open(argv[argc - 1], O_RDWR);
    struct stat s;
    fstat(fd, &s);
    printf("%ld bytes, last at %ld\n", (long)s.st_size, (long)lseek(fd, -4, SEEK_END));
    printf("read %ld: %.4s\n", (long)read(fd, buffer, 100), buffer);
    const long page = (s.st_size - 4) & ~4095;
    char *const last = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, page), *const all = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_SHARED, fd, 0);
    printf("mapped %.4s %.4s %d\n", last + (s.st_size - 4 - page), all + s.st_size - 4, all[2 * GIB]);
    int ends[2];
    pipe(ends);
    off_t at = s.st_size - 10;
    printf("sent %ld, at the end: %d", (long)sendfile(ends[1], fd, &at, 1 << 20), at == s.st_size);
    printf(", got %ld\n", (long)read(ends[0], buffer, sizeof buffer));
    ftruncate(fd, 6 * GIB);
    printf("wrote %ld\n", (long)pwrite(fd, "behind", 6, 5 * GIB));
    char *const shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 5 * GIB);
    memcpy(shared + 4096, "mapped", 6);
    printf("msync %d, ", msync(shared, 8192, MS_SYNC));
    printf("there %ld %.6s\n", (long)pread(fd, buffer, 6, 5 * GIB + 4096), buffer);
    lseek(fd, GIB, SEEK_SET);
    sum(fd);
    fstat(fd, &s);
    printf("%ld bytes\n", (long)s.st_size);
    return 0;
}
