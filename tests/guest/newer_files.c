// Calls on files that Linux 3.10 lacks, and extended attributes where there are none: statx, faccessat2, renameat2.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct times { long long sec; unsigned nsec; int reserved; };
struct statx_bytes {
    unsigned mask, blksize;
    unsigned long long attributes;
    unsigned nlink, uid, gid;
    unsigned short mode, spare;
    unsigned long long ino, size, blocks, attributes_mask;
    struct times atime, btime, ctime, mtime;
    unsigned rdev_major, rdev_minor, dev_major, dev_minor;
    unsigned long long more[14];
};

static void say(const char *what, long result) { printf("%-24s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }

static long ask(int at, const char *path, int flags, unsigned mask, struct statx_bytes *s) {
    return syscall(332, at, path, flags, mask, s);
}

int main(void) {
    struct statx_bytes s;
    int fd = open("/tmp/newer-a", O_CREAT | O_RDWR | O_TRUNC, 0640);
    say("write", write(fd, "hello", 5));
    symlink("newer-a", "/tmp/newer-link");
    say("statx", ask(AT_FDCWD, "/tmp/newer-link", 0, 0x7ff, &s));
    printf("basic %d mode %o nlink %u size %llu\n", (s.mask & 0x7ff) == 0x7ff, s.mode, s.nlink, s.size);
    say("statx link", ask(AT_FDCWD, "/tmp/newer-link", AT_SYMLINK_NOFOLLOW, 0x7ff, &s));
    printf("link %d size %llu\n", S_ISLNK(s.mode), s.size);
    say("statx descriptor", ask(fd, "", 0x1000, 0x7ff, &s));
    printf("size %llu\n", s.size);
    say("statx device", ask(AT_FDCWD, "/dev/null", 0, 0x7ff, &s));
    printf("device %u:%u\n", s.rdev_major, s.rdev_minor);
    say("statx nothing", ask(AT_FDCWD, "/tmp/newer-none", 0, 0x7ff, &s));
    say("statx empty", ask(AT_FDCWD, "", 0, 0x7ff, &s));
    say("statx reserved", ask(AT_FDCWD, "/tmp", 0, 0x80000000u, &s));
    say("statx flags", ask(AT_FDCWD, "/tmp", 1, 0x7ff, &s));
    say("statx both syncs", ask(AT_FDCWD, "/tmp", 0x6000, 0x7ff, &s));
    say("statx pointer", ask(AT_FDCWD, "/tmp", 0, 0x7ff, (void *)8));
    say("faccessat2", syscall(439, AT_FDCWD, "/tmp/newer-a", R_OK | W_OK, 0x200));
    say("faccessat2 x", syscall(439, AT_FDCWD, "/tmp/newer-a", X_OK, 0));
    say("faccessat2 descriptor", syscall(439, fd, "", R_OK, 0x1000));
    say("faccessat2 flags", syscall(439, AT_FDCWD, "/tmp/newer-a", R_OK, 1));
    close(open("/tmp/newer-b", O_CREAT | O_RDWR, 0600));
    say("renameat2 no replace", syscall(316, AT_FDCWD, "/tmp/newer-a", AT_FDCWD, "/tmp/newer-b", 1));
    say("renameat2", syscall(316, AT_FDCWD, "/tmp/newer-a", AT_FDCWD, "/tmp/newer-c", 1));
    say("renameat2 flags", syscall(316, AT_FDCWD, "/tmp/newer-c", AT_FDCWD, "/tmp/newer-d", 8));
    say("renameat2 both", syscall(316, AT_FDCWD, "/tmp/newer-c", AT_FDCWD, "/tmp/newer-d", 3));
    say("getxattr nothing", syscall(191, "/tmp/newer-none", "user.x", (void *)0, 0));
    say("fgetxattr closed", syscall(193, 99, "user.x", (void *)0, 0));
    unlink("/tmp/newer-b"), unlink("/tmp/newer-c"), unlink("/tmp/newer-link");
    return 0;
}
