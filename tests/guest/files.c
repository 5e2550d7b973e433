/* Files in /tmp: what each call does and which errno it gives when it cannot. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void show(const char* what, long result) {
    if (result < 0) printf("%-22s errno %d\n", what, errno);
    else printf("%-22s %ld\n", what, result);
}

static void showStat(const char* path) {
    struct stat info;
    if (lstat(path, &info)) printf("%s: errno %d\n", path, errno);
    else printf("%s: mode %o links %lu size %ld\n", path, info.st_mode, (unsigned long)info.st_nlink,
                S_ISDIR(info.st_mode) ? 0L : (long)info.st_size);
}

static void readAndWrite(void) {
    char text[64] = "";
    int fd = open("/tmp/a", O_CREAT | O_EXCL | O_RDWR, 0666);
    show("open", fd);
    show("write", write(fd, "0123456789", 10));
    show("lseek", lseek(fd, -3, SEEK_END));
    show("read", read(fd, text, sizeof text));
    show("at the end", read(fd, text, sizeof text));
    show("hole", pwrite(fd, "x", 1, 5000));
    show("in the hole", pread(fd, text, 4, 3000));
    printf("%d %d\n", text[0], text[3]);
    show("O_EXCL", open("/tmp/a", O_CREAT | O_EXCL | O_RDWR, 0666));
    show("truncate", ftruncate(fd, 5));
    show("lseek before 0", lseek(fd, -1, SEEK_SET));
    struct iovec parts[2] = {{"ab", 2}, {"cde", 3}};
    lseek(fd, 0, SEEK_SET);
    show("writev", writev(fd, parts, 2));
    int appending = open("/tmp/a", O_WRONLY | O_APPEND);
    show("append", write(appending, "fgh", 3));
    show("read of write-only", read(appending, text, 1));
    show("read all", pread(fd, text, sizeof text, 0));
    printf("%.8s\n", text);
    close(appending);
    close(fd);
    show("closed", read(fd, text, 1));
    show("bad pointer", open((char*)16, O_RDONLY));
}

static void descriptors(void) {
    char c = 0;
    int fd = open("/tmp/a", O_RDONLY), copy = dup(fd), high = dup2(fd, 100);
    show("dup", copy);
    show("dup2", high);
    show("shared offset", read(fd, &c, 1) + read(copy, &c, 1) + read(high, &c, 1));
    printf("%c\n", c);
    show("F_DUPFD", fcntl(fd, F_DUPFD, 50));
    show("F_DUPFD_CLOEXEC", fcntl(fd, F_DUPFD_CLOEXEC, 50));
    show("F_GETFD", fcntl(51, F_GETFD));
    show("access mode", fcntl(fd, F_GETFL) & O_ACCMODE);
    show("lowest free", (close(fd), open("/tmp/a", O_RDONLY)) == fd);
}

static void names(void) {
    char text[100] = "";
    show("mkdir", mkdir("/tmp/d", 0777));
    show("mkdir again", mkdir("/tmp/d", 0777));
    show("rename", rename("/tmp/a", "/tmp/d/b"));
    showStat("/tmp/a");
    showStat("/tmp/d/b");
    show("link", link("/tmp/d/b", "/tmp/d/c"));
    showStat("/tmp/d/c");
    show("symlink", symlink("d/b", "/tmp/s"));
    show("readlink", readlink("/tmp/s", text, sizeof text));
    showStat("/tmp/s");
    show("through it", access("/tmp/s", R_OK));
    show("not empty", rmdir("/tmp/d"));
    show("unlink directory", unlink("/tmp/d"));
    show("chdir", chdir("/tmp/d"));
    printf("%s\n", getcwd(text, sizeof text));
    show("relative", access("../d/./b", F_OK));
    show("chmod", chmod("b", 04751));
    showStat("b");
    show("O_DIRECTORY", open("b", O_DIRECTORY));
    show("write directory", open(".", O_WRONLY));
    show("under a file", access("b/x", F_OK));
    show("umask", umask(077));
    show("creat", creat("e", 0666));
    showStat("e");
    unlink("b");
    unlink("c");
    unlink("e");
    show("rmdir", (chdir("/"), rmdir("/tmp/d")));
}

int main(void) {
    readAndWrite();
    descriptors();
    names();
    return 0;
}
