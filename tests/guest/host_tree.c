/* Changes a directory in every way that one can be changed; argv[1] names it. What it says and what is there in the end are to be
   the same natively and in --bind HOST:GUEST:rw. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#define EXCHANGE 2                              /* RENAME_*, FALLOC_FL_*: musl has no names for them */
#define NOREPLACE 1
#define KEEP_SIZE 1
#define PUNCH_HOLE 2
#define ZERO_RANGE 16
static long renames(const char *from, const char *to, int how) { return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, how); }
static void say(const char *what, long result) { printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done"); }
#define TRY(call) say(#call, (long)(call))

static void show(const char *name) {
    struct stat s;
    if (lstat(name, &s) < 0) return say(name, -1);
    printf("  %s: %o, %u:%u", name, s.st_mode, s.st_uid, s.st_gid);
    if (!S_ISDIR(s.st_mode)) printf(", %u names, %ld bytes", (unsigned)s.st_nlink, (long)s.st_size);
    puts("");
}

static int make(const char *name, int mode, const char *text) {
    const int fd = open(name, O_RDWR | O_CREAT | O_EXCL, mode);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) say(name, -1);
    return fd;
}
static void made(const char *name, int mode, const char *text) { close(make(name, mode, text)); }

static void modes(void) {
    umask(027);
    made("program", 0666, "#!/bin/sh\n");
    TRY(chmod("program", 0755));
    const int fd = make("object", 0444, "written although nobody may");
    TRY(write(fd, "!", 1));
    close(fd);
    TRY(mkdir("closed", 0777));
    umask(0);
    TRY(mkdir("open", 0777));
    TRY(mkdir("sticky", 01777));
    TRY(mkdir("group", 0755));
    TRY(chmod("group", 02775));
    TRY(mkdir("group/sub", 0700));
    made("group/file", 0606, "");
    const int program = open("program", O_RDONLY);
    for (unsigned mode = 0; mode < 01000; mode += 0123) {
        TRY(fchmod(program, mode));
        show("program");
    }
    close(program);
    TRY(chmod("program", 0755));
    show("object"), show("closed"), show("open"), show("sticky"), show("group"), show("group/sub"), show("group/file");
}

static void setId(void) {
    made("set-id", 0755, "program");
    TRY(chmod("set-id", 06755));
    show("set-id");
    TRY(chown("set-id", getuid(), getgid()));
    show("set-id");
    TRY(chmod("set-id", 04755));
    const int fd = open("set-id", O_WRONLY);
    TRY(write(fd, "P", 1));
    show("set-id");
    TRY(ftruncate(fd, 3));
    show("set-id");
    close(fd);
}

static void owners(void) {
    made("given", 0644, "to another");
    TRY(chown("given", 1, (gid_t)-1));
    TRY(chown("given", (uid_t)-1, 2));
    TRY(symlink("given", "given-link"));
    TRY(lchown("given-link", 3, 4));
    TRY(fchownat(AT_FDCWD, "given-link", 5, 6, 0));
    show("given"), show("given-link");
}

static void links(void) {
    TRY(symlink("program", "relative"));
    TRY(symlink("/no/such/file", "dangling"));
    TRY(symlink("../../../../etc", "up"));
    TRY(symlink("x", "program"));
    made("first", 0640, "first\n");
    TRY(link("first", "second"));
    TRY(link("second", "open/third"));
    TRY(link("relative", "relative-too"));
    TRY(link("open", "directory-link"));
    TRY(unlink("first"));
    TRY(chmod("second", 0604));
    TRY(truncate("open/third", 3));
    show("second"), show("open/third"), show("relative-too");
    TRY(rename("second", "open/third"));        /* two names of one file: nothing */
    TRY(rename("second", "closed/second"));
    made("replaced", 0600, "");
    TRY(link("replaced", "kept"));
    TRY(rename("closed/second", "replaced"));
    show("kept"), show("replaced");
    TRY(rename("group", "closed/group"));
    TRY(mkdir("empty", 0700));
    TRY(rename("closed/group", "empty"));
    TRY(chmod("empty/sub", 0711));
    TRY(rename("empty", "open"));
    TRY(rmdir("open"));
    show("empty/sub"), show("open/third");
}

static void specials(void) {
    TRY(mkfifo("fifo", 0620));
    TRY(mknod("regular", S_IFREG | 0601, 0));
    char got[6] = "";
    const int fd = open("fifo", O_RDWR);
    TRY(write(fd, "piped", 5));
    TRY(read(fd, got, 5));
    puts(got);
    TRY(fchmod(fd, 0600));
    show("fifo"), show("regular");
    const struct sockaddr_un name = {AF_UNIX, "socket"}, gone = {AF_UNIX, "gone"};
    const int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    TRY(bind(server, (const void *)&name, sizeof name));
    TRY(listen(server, 1));
    TRY(connect(client, (const void *)&name, sizeof name));
    TRY(bind(socket(AF_UNIX, SOCK_DGRAM, 0), (const void *)&gone, sizeof gone));
    TRY(unlink("gone"));
    TRY(open("socket", O_RDWR));
    TRY(rename("socket", "open/socket"));
    TRY(chmod("open/socket", 0666));
    show("open/socket");
}

static void times(void) {
    const struct timespec then[] = {{1000000000, 123456789}, {1100000000, 987654321}}, before[] = {{0, UTIME_OMIT}, {-86400, 5}};
    made("aged", 0600, "");
    TRY(utimensat(AT_FDCWD, "aged", then, 0));
    const int fd = open("aged", O_RDONLY);
    TRY(futimens(fd, before));
    close(fd);
    TRY(utimensat(AT_FDCWD, "relative", then, AT_SYMLINK_NOFOLLOW));
    TRY(utimensat(AT_FDCWD, "closed", then, 0));
    made("touched", 0600, "");
    TRY(utimensat(AT_FDCWD, "touched", then, 0));
    TRY(utimensat(AT_FDCWD, "touched", NULL, 0));
    struct stat s;
    TRY(stat("aged", &s));
    printf("%ld.%ld %ld.%ld\n", (long)s.st_atim.tv_sec, s.st_atim.tv_nsec, (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
}

static void openFiles(void) {
    char got[8] = "";
    const int lost = make("lost", 0600, "before");
    TRY(unlink("lost"));
    made("lost", 0600, "another");
    TRY(fchmod(lost, 0644));
    TRY(ftruncate(lost, 3));
    TRY(pwrite(lost, "after", 5, 3));
    TRY(pread(lost, got, 7, 0));
    puts(got);
    TRY(mkdir("moving", 0700));
    const int moved = make("moving/file", 0600, "");
    TRY(rename("moving", "moved"));
    TRY(write(moved, "through the old descriptor", 26));
    TRY(fchmod(moved, 0640));
    TRY(ftruncate(moved, 100000));
    char *const at = mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, moved, 0);
    memcpy(at + 90000, "mapped", 6);
    TRY(msync(at, 100000, MS_SYNC));
    TRY(rename("moved/file", "moved/other"));
    memcpy(at + 50000, "later", 5);
    TRY(munmap(at, 100000));
    TRY(fallocate(moved, 0, 0, 120000));
    TRY(rmdir("moved"));
    show("moved/other");
    made("emptied", 0600, "something");
    TRY(open("emptied", O_WRONLY | O_TRUNC));
    TRY(open("emptied", O_WRONLY | O_CREAT | O_EXCL, 0600));
}

static void attributes(void) {
    char got[64] = "";
    TRY(setxattr("program", "user.kind", "script", 6, 0));
    TRY(setxattr("program", "user.kind", "x", 1, XATTR_CREATE));
    TRY(setxattr("program", "user.none", "x", 1, XATTR_REPLACE));
    TRY(setxattr("program", "user.empty", "", 0, 0));
    TRY(setxattr("program", "user.gone", "x", 1, 0));
    TRY(removexattr("program", "user.gone"));
    TRY(removexattr("program", "user.gone"));
    TRY(setxattr("closed", "user.directory", "yes", 3, 0));
    TRY(lsetxattr("relative", "user.link", "x", 1, 0));
    TRY(setxattr("program", "nonsense.x", "x", 1, 0));
    printf("%zd %s\n", getxattr("relative", "user.kind", got, sizeof got), got);
    printf("%zd ", listxattr("program", got, sizeof got)), puts(got);
    TRY(getxattr("program", "user.kind", got, 3));
    const int fd = make("attributed", 0600, "");
    TRY(unlink("attributed"));
    TRY(fsetxattr(fd, "user.nameless", "still", 5, 0));
    printf("%zd %.5s\n", fgetxattr(fd, "user.nameless", got, sizeof got), got);
    close(fd);
}

static void nameless(void) {
    char path[64];
    umask(022);
    const int fd = open("closed", O_TMPFILE | O_RDWR, 0666), never = open(".", O_TMPFILE | O_WRONLY | O_EXCL, 0600);
    TRY(open("closed", O_TMPFILE | O_RDONLY, 0600));
    TRY(open("program", O_TMPFILE | O_RDWR, 0600));
    TRY(write(fd, "named later", 11));
    TRY(write(never, "lost", 4));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    TRY(linkat(AT_FDCWD, path, AT_FDCWD, "closed/named", AT_SYMLINK_FOLLOW));
    TRY(linkat(AT_FDCWD, path, AT_FDCWD, "closed/named", AT_SYMLINK_FOLLOW));
    snprintf(path, sizeof path, "/proc/self/fd/%d", never);
    TRY(linkat(AT_FDCWD, path, AT_FDCWD, "never", AT_SYMLINK_FOLLOW));
    TRY(write(fd, ", written since", 15));
    TRY(link("closed/named", "named-too"));
    TRY(truncate("named-too", 20));
    show("closed/named"), show("named-too");
}

static void exchanged(void) {
    made("left", 0600, "left"), made("right", 0640, "right");
    TRY(mkdir("here", 0700)), made("here/in", 0600, "inside"), made("away", 0600, "a file");
    const int fd = open("here/in", O_RDWR);
    TRY(renames("left", "right", EXCHANGE));
    TRY(renames("here", "away", EXCHANGE));
    TRY(renames("left", "none", EXCHANGE));
    TRY(renames("left", "right", NOREPLACE));
    TRY(write(fd, "INSIDE", 6));
    TRY(chmod("away/in", 0644));
    show("left"), show("right"), show("here"), show("away"), show("away/in");
}

static void holes(void) {
    char got[4] = "";
    struct stat s;
    const int fd = make("holes", 0600, "");
    for (int n = 0; n < 4096; n++) write(fd, "0123456789abcdef", 16);
    char *const at = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    at[20000] = '!';
    TRY(fallocate(fd, PUNCH_HOLE | KEEP_SIZE, 4090, 20000));
    TRY(fallocate(fd, ZERO_RANGE, 60000, 10000));
    TRY(fallocate(fd, PUNCH_HOLE, 0, 1));
    TRY(pread(fd, got, 3, 4088));
    printf("%.3s %d %d %d\n", got, at[4090], at[20000], at[24090]);
    fstat(fd, &s);
    printf("%ld bytes\n", (long)s.st_size);
    munmap(at, 65536), close(fd);
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2 || chdir(argv[1]) < 0) return 1;
    modes(), setId(), owners(), links(), attributes(), holes(), specials(), times(), openFiles();
    if (argc > 2) nameless(), exchanged();                              /* since 3.11 and 3.15 */
    return 0;
}
