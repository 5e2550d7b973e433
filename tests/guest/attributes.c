// Extended attributes of files of a disk file system: run below --root, and natively in the same tree.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define FILE_ "/data/text"

static void say(const char *what, long result) { printf("%-28s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }
static void value(const char *what, const char *path, const char *name) {
    char bytes[64] = "";
    long n = getxattr(path, name, bytes, sizeof bytes - 1);
    say(what, n);
    if (n >= 0) printf("  %.*s\n", (int)n, bytes);
}

static void values(void) {
    char list[64], small[2];
    say("list nothing", listxattr(FILE_, list, sizeof list));
    value("get nothing", FILE_, "user.a");
    say("set", setxattr(FILE_, "user.a", "value", 5, 0));
    value("get", FILE_, "user.a");
    say("size", getxattr(FILE_, "user.a", 0, 0));
    say("too small", getxattr(FILE_, "user.a", small, 2));
    say("create", setxattr(FILE_, "user.a", "x", 1, XATTR_CREATE));
    say("replace", setxattr(FILE_, "user.a", "longer value", 12, XATTR_REPLACE));
    say("replace nothing", setxattr(FILE_, "user.b", "x", 1, XATTR_REPLACE));
    value("get", FILE_, "user.a");
    say("list", listxattr(FILE_, list, sizeof list));
    printf("  %s\n", list);
    say("list size", listxattr(FILE_, 0, 0));
    say("list too small", listxattr(FILE_, small, 2));
    say("empty value", setxattr(FILE_, "user.empty", "", 0, 0));
    value("get", FILE_, "user.empty");
    say("remove", removexattr(FILE_, "user.empty"));
    say("remove again", removexattr(FILE_, "user.empty"));
    int fd = open(FILE_, O_RDONLY), path = open(FILE_, O_PATH);
    say("descriptor", fsetxattr(fd, "user.fd", "1", 1, 0));
    say("descriptor remove", fremovexattr(fd, "user.fd"));
    say("descriptor list", flistxattr(fd, 0, 0));
    say("O_PATH", fgetxattr(path, "user.a", 0, 0));
    link(FILE_, "/data/other-name"), rename("/data/other-name", "/data/moved");
    value("by another name", "/data/moved", "user.a");
    unlink("/data/moved");
}

static void names(void) {
    char long_name[300], *volatile nowhere = (char *)8;
    static char big[70000];
    memset(long_name, 'x', sizeof long_name - 1), long_name[299] = 0, memcpy(long_name, "user.", 5);
    say("no space of names", setxattr(FILE_, "nonsense", "x", 1, 0));
    say("a prefix alone", setxattr(FILE_, "user.", "x", 1, 0));
    say("empty name", setxattr(FILE_, "", "x", 1, 0));
    say("long name", setxattr(FILE_, long_name, "x", 1, 0));
    say("longest name", (long_name[255] = 0, setxattr(FILE_, long_name, "x", 1, 0)));
    say("remove", removexattr(FILE_, long_name));
    say("bad flags", setxattr(FILE_, "user.x", "x", 1, 8));
    say("too big", setxattr(FILE_, "user.x", big, sizeof big, 0));
    say("beyond a block", setxattr(FILE_, "user.x", big, 60000, 0));
    say("bad name", setxattr(FILE_, (void *)8, "x", 1, 0));
    say("bad value", setxattr(FILE_, "user.x", nowhere, 1, 0));
    say("no file", setxattr("/none", "user.x", "x", 1, 0));
    say("trusted", setxattr(FILE_, "trusted.t", "t", 1, 0));
    say("a link", lsetxattr("/data/link", "user.x", "x", 1, 0));
    say("get of a link", lgetxattr("/data/link", "user.x", 0, 0));
    say("trusted of a link", lsetxattr("/data/link", "trusted.x", "x", 1, 0));
    say("list of a link", llistxattr("/data/link", 0, 0));
    say("remove of a link", lremovexattr("/data/link", "trusted.x"));
    say("through a link", getxattr("/data/link", "user.a", 0, 0));
    const unsigned char list[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 4, 0, 5, 0, 255, 255, 255, 255, 32, 0, 1, 0, 255, 255, 255, 255};
    struct stat s;
    say("no list", getxattr(FILE_, "system.posix_acl_access", 0, 0));
    say("a list that is a mode", setxattr(FILE_, "system.posix_acl_access", list, sizeof list, 0));
    stat(FILE_, &s);
    printf("  %o\n", s.st_mode);
    say("no list", getxattr(FILE_, "system.posix_acl_access", 0, 0));
    say("half a list", setxattr(FILE_, "system.posix_acl_access", list, 7, 0));
    say("default of a file", setxattr(FILE_, "system.posix_acl_default", list, sizeof list, 0));
    say("remove", removexattr("/data", "system.posix_acl_default"));
    chmod(FILE_, 0644);
    say("a directory", setxattr("/data", "user.d", "x", 1, 0));
    say("remove", removexattr("/data", "user.d"));
}

static void unprivileged(void) {
    setresuid(1000, 1000, 1000);
    value("read", FILE_, "user.a");
    say("write", setxattr(FILE_, "user.a", "x", 1, 0));
    value("trusted", FILE_, "trusted.t");
    say("set trusted", setxattr(FILE_, "trusted.t", "x", 1, 0));
    say("list", listxattr(FILE_, 0, 0));
    say("set security", setxattr(FILE_, "security.x", "x", 1, 0));
}

int main(void) {
    values();
    names();
    unprivileged();
    return 0;
}
