// Bytes between files and pipes: preadv2, pwritev2, copy_file_range, splice, tee, vmsplice, sendfile; sizes and holes.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PATH "/dev/shm/moving-bytes"

static void say(const char *what, long result) { printf("%-32s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }
static void content(int fd) {
    char text[64];
    long n = pread(fd, text, sizeof text, 0);
    printf("  %ld:", n);
    for (long i = 0; i < n; i++) putchar(text[i] ? text[i] : '.');
    printf(" at %ld\n", (long)lseek(fd, 0, SEEK_CUR));
}
static long v2(int number, int fd, struct iovec *v, int n, long pos, int flags) { return syscall(number, fd, v, n, pos, 0L, flags); }

static void vectors(int fd) {
    char a[4] = "", b[4] = "";
    struct iovec v[2] = {{"hello ", 6}, {"world", 5}}, r[2] = {{a, 3}, {b, 3}};
    const int preadv2_ = 327, pwritev2_ = 328;
    say("pwritev2", v2(pwritev2_, fd, v, 2, 0, 0));
    content(fd);
    say("pwritev2 at the position", v2(pwritev2_, fd, v, 1, -1, 0));
    say("pwritev2 append", v2(pwritev2_, fd, v + 1, 1, 2, 0x10));
    content(fd);
    say("pwritev2 append, position", v2(pwritev2_, fd, v + 1, 1, -1, 0x10));
    content(fd);
    say("preadv2", v2(preadv2_, fd, r, 2, 1, 0));
    printf("  %s %s\n", a, b);
    say("preadv2 no wait", v2(preadv2_, fd, r, 2, 1, 1));
    say("preadv2 bad flags", v2(preadv2_, fd, r, 2, 1, 0x4000));
    say("preadv2 bad position", v2(preadv2_, fd, r, 2, -2, 0));
    say("preadv2 closed", v2(preadv2_, 99, r, 2, 0, 0));
    say("pwritev2 too many", v2(pwritev2_, fd, r, 1025, 0, 0));
}

static void copies(int fd) {
    int out = open(PATH "-2", O_RDWR | O_CREAT | O_TRUNC, 0600), append = open(PATH "-2", O_WRONLY | O_APPEND), p[2];
    loff_t from = 2, to = 4;
    ftruncate(fd, 11), lseek(fd, 0, SEEK_SET), pipe(p);
    say("copy_file_range", copy_file_range(fd, &from, out, &to, 5, 0));
    printf("  %ld %ld\n", (long)from, (long)to);
    content(out);
    say("copy at the positions", copy_file_range(fd, 0, out, 0, 100, 0));
    content(out);
    say("copy at the end", copy_file_range(fd, 0, out, 0, 100, 0));
    say("copy flags", copy_file_range(fd, 0, out, 0, 1, 1));
    from = 0, to = 3;
    say("copy onto itself", copy_file_range(fd, &from, fd, &to, 5, 0));
    to = 20;
    say("copy within the file", copy_file_range(fd, &from, fd, &to, 5, 0));
    content(fd);
    say("copy to append", copy_file_range(fd, &from, append, 0, 5, 0));
    say("copy to a pipe", copy_file_range(fd, &from, p[1], 0, 5, 0));
    say("copy to a directory", copy_file_range(fd, &from, open("/dev/shm", O_RDONLY), 0, 5, 0));
    from = 0x7ffffffffffffff0;
    say("copy too far", copy_file_range(fd, &from, out, 0, 100, 0));
    from = -1;
    say("copy from before", copy_file_range(fd, &from, out, 0, 1, 0));
    say("bad offset", copy_file_range(fd, (void *)8, out, 0, 1, 0));
    say("sync_file_range", sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
    say("sync_file_range flags", sync_file_range(fd, 0, 0, 8));
    say("sync_file_range pipe", sync_file_range(p[0], 0, 0, 0));
    say("readahead", readahead(fd, 0, 100));
    say("readahead pipe", readahead(p[0], 0, 100));
    say("readahead write-only", readahead(append, 0, 100));
    say("fadvise", posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
    say("fadvise bad", posix_fadvise(fd, 0, 0, 17));
    close(out), close(append), close(p[0]), close(p[1]);
    unlink(PATH "-2");
}

static void pipes(int fd) {
    int a[2], b[2];
    char text[32] = "";
    loff_t at = 1;
    struct iovec v[2] = {{"spl", 3}, {"ice", 3}}, r = {text, sizeof text};
    pipe(a), pipe(b);
    signal(SIGPIPE, SIG_IGN);
    lseek(fd, 0, SEEK_SET);
    say("splice file to pipe", splice(fd, 0, a[1], 0, 5, 0));
    say("splice file at 1", splice(fd, &at, a[1], 0, 3, 0));
    printf("  offset %ld, position %ld\n", (long)at, (long)lseek(fd, 0, SEEK_CUR));
    say("tee", tee(a[0], b[1], 6, 0));
    say("splice pipe to pipe", splice(a[0], 0, b[1], 0, 100, 0));
    say("splice nothing, no wait", splice(a[0], 0, b[1], 0, 100, SPLICE_F_NONBLOCK));
    say("read", read(b[0], text, sizeof text));
    printf("  %s\n", text);
    say("vmsplice", vmsplice(a[1], v, 2, 0));
    at = 3;
    say("splice pipe to file", splice(a[0], 0, fd, &at, 4, 0));
    content(fd);
    say("vmsplice read", vmsplice(a[0], &r, 1, 0));
    say("two files", splice(fd, 0, fd, 0, 1, 0));
    say("offset of a pipe", splice(fd, 0, a[1], &at, 1, 0));
    say("the same pipe", splice(a[0], 0, a[1], 0, 1, 0));
    say("wrong end", splice(a[1], 0, b[1], 0, 1, 0));
    say("flags", splice(a[0], 0, b[1], 0, 1, 0x100));
    say("no bytes", splice(a[0], 0, b[1], 0, 0, 0));
    say("tee of a file", tee(fd, b[1], 1, 0));
    say("vmsplice of a file", vmsplice(fd, v, 1, 0));
    close(a[1]);
    say("no writer", splice(a[0], 0, fd, 0, 1, 0));
    close(b[0]);
    say("no reader", splice(fd, &(loff_t){0}, b[1], 0, 1, 0));
    close(a[0]), close(b[1]);
}

static void holes(int fd) {
    struct stat s;
    char page[4096];
    memset(page, 'x', sizeof page);
    ftruncate(fd, 0), ftruncate(fd, 40960);
    pwrite(fd, page, 4096, 8192), pwrite(fd, page, 4096, 24576);
    say("data from 0", lseek(fd, 0, SEEK_DATA));
    say("hole from 0", lseek(fd, 0, SEEK_HOLE));
    say("hole from 9000", lseek(fd, 9000, SEEK_HOLE));
    say("data from 12288", lseek(fd, 12288, SEEK_DATA));
    say("data from 30000", lseek(fd, 30000, SEEK_DATA));
    say("hole beyond", lseek(fd, 40960, SEEK_HOLE));
    say("punch", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 4096));
    say("data from 0", lseek(fd, 0, SEEK_DATA));
    say("punch a part", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 24577, 4000));
    pread(fd, page, 4096, 24576);
    printf("  %c %d %c\n", page[0], page[1], page[4095]);
    fstat(fd, &s);
    printf("  size %ld blocks %ld\n", (long)s.st_size, (long)s.st_blocks);
    ftruncate(fd, 1L << 42);
    say("punch much", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 24577, 1L << 42));
    say("data beyond", lseek(fd, 32768, SEEK_DATA));
    ftruncate(fd, 40960);
    say("punch without keep", fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1));
    say("collapse", fallocate(fd, 8 /* FALLOC_FL_COLLAPSE_RANGE */, 0, 4096));
    say("no such mode", fallocate(fd, 0x4000, 0, 4096));
    say("nothing", fallocate(fd, 0, 0, 0));
    say("keep", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 50000));
    say("grow", fallocate(fd, 0, 0, 45000));
    say("too long", fallocate(fd, 0, 1, 0x7fffffffffffffff));
    fstat(fd, &s);
    printf("  size %ld\n", (long)s.st_size);
    say("a directory", fallocate(open("/dev/shm", O_RDONLY), 0, 0, 1));
}

int main(int argc, char **argv) {
    int fd = open(PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (argc > 1 && argv[1][0] == 'l') vectors(fd), copies(fd);      // since 4.6 and 4.5
    else write(fd, "hello world", 11);
    pipes(fd);
    holes(fd);
    unlink(PATH);
    return 0;
}
