// inotify(7): what a directory and a file hear of, in which order and with which names.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIRECTORY "/tmp/watches"

static int in;
static void say(const char *what, long result) { printf("%-24s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }

static const char *const names[] = {"ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN", "MOVED_FROM", "MOVED_TO", "CREATE",
                                    "DELETE", "DELETE_SELF", "MOVE_SELF"};
static void events(const char *what) {
    char buffer[8192] __attribute__((aligned(8)));
    long n = read(in, buffer, sizeof buffer);
    unsigned last_cookie = 0;
    printf("%s:%s\n", what, n < 0 ? " nothing" : "");
    for (long at = 0; at < n;) {
        const struct inotify_event *e = (const void *)(buffer + at);
        printf("  %d", e->wd);
        for (int i = 0; i < 12; i++)
            if (e->mask >> i & 1) printf(" %s", names[i]);
        if (e->mask & IN_ISDIR) printf(" ISDIR");
        if (e->mask & IN_IGNORED) printf(" IGNORED");
        if (e->mask & IN_Q_OVERFLOW) printf(" OVERFLOW");
        if (e->cookie) printf(e->cookie == last_cookie ? " same cookie" : " cookie");
        last_cookie = e->cookie;
        if (e->len) printf(" %s (%u)", e->name, e->len);
        printf("\n");
        at += sizeof *e + e->len;
    }
}

static void errors(void) {
    say("bad flags", inotify_init1(1));
    say("no events", inotify_add_watch(in, "/tmp", 0));
    say("bad events", inotify_add_watch(in, "/tmp", 0x00800000));
    say("no file", inotify_add_watch(in, "/tmp/watches-none", IN_OPEN));
    say("not inotify", inotify_add_watch(0, "/tmp", IN_OPEN));
    say("closed", inotify_add_watch(77, "/tmp", IN_OPEN));
    say("only directories", inotify_add_watch(in, "/proc/self/exe", IN_OPEN | IN_ONLYDIR));
    say("add and create", inotify_add_watch(in, "/tmp", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
    say("remove nothing", inotify_rm_watch(in, 9));
    char small[16];
    say("nothing to read", read(in, small, sizeof small));
}

static void small_buffers(void) {
    char small[20];
    int waiting = 0;
    struct pollfd p = {.fd = in, .events = POLLIN};
    say("poll, nothing", poll(&p, 1, 0));
    close(open(DIRECTORY "/f", O_RDONLY));
    say("poll", poll(&p, 1, 0));
    printf("revents %d\n", p.revents);
    ioctl(in, FIONREAD, &waiting);
    printf("waiting %d\n", waiting);
    say("small buffer", read(in, small, sizeof small));
    events("after");
}

static void files(void) {
    int fd = open(DIRECTORY "/f", O_CREAT | O_RDWR, 0644);
    events("create");
    write(fd, "abc", 3), write(fd, "def", 3);
    events("two writes are one");
    pread(fd, (char[4]){0}, 4, 0);
    ftruncate(fd, 1);
    fchmod(fd, 0600);
    fallocate(fd, 0, 0, 100);
    events("read, truncate, chmod, fallocate");
    close(fd);
    close(open(DIRECTORY "/f", O_RDONLY));
    close(open(DIRECTORY "/f", O_PATH));
    close(open(DIRECTORY "/f", O_WRONLY));
    events("close, open");
    link(DIRECTORY "/f", DIRECTORY "/hard"), symlink("f", DIRECTORY "/soft"), mkdir(DIRECTORY "/d", 0755), mkfifo(DIRECTORY "/p", 0600);
    events("link, symlink, mkdir, mkfifo");
    chmod(DIRECTORY "/d", 0700);
    struct timespec times[2] = {{1, 0}, {2, 0}}, access_only[2] = {{1, 0}, {0, UTIME_OMIT}}, modify_only[2] = {{0, UTIME_OMIT}, {1, 0}};
    utimensat(AT_FDCWD, DIRECTORY "/f", times, 0), utimensat(AT_FDCWD, DIRECTORY "/f", access_only, 0), utimensat(AT_FDCWD, DIRECTORY "/f", modify_only, 0);
    chown(DIRECTORY "/f", getuid(), getgid());
    events("attributes");
    DIR *d = opendir(DIRECTORY "/d");
    while (readdir(d)) {}
    closedir(d);
    events("readdir");
    rename(DIRECTORY "/f", DIRECTORY "/g");
    rename(DIRECTORY "/g", "/tmp/watches-elsewhere");
    rename("/tmp/watches-elsewhere", DIRECTORY "/f");
    rename(DIRECTORY "/f", DIRECTORY "/hard");      // two names of one file: nothing
    close(open(DIRECTORY "/over", O_CREAT | O_WRONLY, 0600));
    rename(DIRECTORY "/over", DIRECTORY "/hard");
    events("renames");
    unlink(DIRECTORY "/soft"), unlink(DIRECTORY "/hard"), rmdir(DIRECTORY "/d"), unlink(DIRECTORY "/p");
    events("removes");
}

static void of_a_file(void) {
    int wd = inotify_add_watch(in, DIRECTORY "/f", IN_ALL_EVENTS);
    say("watch a file", wd);
    say("the same again", inotify_add_watch(in, DIRECTORY "/f", IN_OPEN));
    say("must be new", inotify_add_watch(in, DIRECTORY "/f", IN_OPEN | IN_MASK_CREATE));
    say("more", inotify_add_watch(in, DIRECTORY "/f", IN_ALL_EVENTS | IN_MASK_ADD));
    int fd = open(DIRECTORY "/f", O_RDWR);
    write(fd, "x", 1);
    events("both hear");
    link(DIRECTORY "/f", DIRECTORY "/h");
    rename(DIRECTORY "/h", DIRECTORY "/i");
    unlink(DIRECTORY "/i");
    events("another name");
    unlink(DIRECTORY "/f");
    events("the last name, still open");
    write(fd, "x", 1);
    events("without a name");
    close(fd);
    events("the end of it");
    close(open(DIRECTORY "/f", O_CREAT | O_RDWR, 0644));
    say("watch a file", inotify_add_watch(in, DIRECTORY "/f", IN_DELETE_SELF | IN_ATTRIB));
    events("create");
    unlink(DIRECTORY "/f");
    events("the last name");
    close(open(DIRECTORY "/f", O_CREAT | O_RDWR, 0644));
    say("once", inotify_add_watch(in, DIRECTORY "/f", IN_MODIFY | IN_ONESHOT));
    truncate(DIRECTORY "/f", 5), truncate(DIRECTORY "/f", 6);
    events("once");
    wd = inotify_add_watch(in, DIRECTORY "/f", IN_MODIFY);
    say("remove", inotify_rm_watch(in, wd));
    truncate(DIRECTORY "/f", 7);
    events("removed");
}

static void others(void) {                          // a process that waits, and one that writes
    int sync[2];
    pipe(sync);
    fflush(stdout);
    if (!fork()) {
        int fd = inotify_init1(0);
        char buffer[512] __attribute__((aligned(8)));
        inotify_add_watch(fd, DIRECTORY, IN_CLOSE_WRITE);
        write(sync[1], "x", 1);
        read(fd, buffer, sizeof buffer);
        printf("waited for %s\n", ((struct inotify_event *)buffer)->name);
        fflush(stdout);
        _exit(0);
    }
    read(sync[0], (char[1]){0}, 1);
    close(open(DIRECTORY "/for-the-child", O_CREAT | O_WRONLY, 0600));
    wait(0);
    unlink(DIRECTORY "/for-the-child");
    events("both");
}

int main(void) {
    mkdir(DIRECTORY, 0755);
    in = inotify_init1(IN_NONBLOCK);
    errors();
    say("watch", inotify_add_watch(in, DIRECTORY, IN_ALL_EVENTS));
    files();
    close(open(DIRECTORY "/f", O_CREAT | O_RDWR, 0644));
    events("create");
    small_buffers();
    of_a_file();
    others();
    unlink(DIRECTORY "/f");
    rename(DIRECTORY, DIRECTORY "-moved");
    rmdir(DIRECTORY "-moved");
    events("the directory itself");
    close(in);
    return 0;
}
