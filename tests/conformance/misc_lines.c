// What /proc/sys/fs/binfmt_misc takes and shows: lines for register, commands for status and an entry, the files themselves.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "/proc/sys/fs/binfmt_misc/"
#define LINE(text) { text, sizeof text - 1 }
#define MAGIC(rest) LINE(":x:M:" rest)

static const struct {
    const char *text;
    size_t length;
} lines[] = {
    MAGIC(":\\x5Z::/bin/i:"), MAGIC(":\\x41\\xFf:\\xff\\x0f:/bin/i:"), MAGIC(":\\x4\\x42::/bin/i:"), MAGIC(":Q\\x::/bin/i:"),
    MAGIC(":Q:\\x0:/bin/i:"), MAGIC(":AB:\\xff:/bin/i:"), MAGIC(":\\y41::/bin/i:"), MAGIC(":Q\\::/bin/i:"),
    MAGIC(":\\\\x41::/bin/i:"), MAGIC(":\\\\\\x41::/bin/i:"), MAGIC(":\\\\x4::/bin/i:"), MAGIC(":Q\\n::/bin/i:"),
    MAGIC("+1:QZ::/bin/i:"), MAGIC("-1:QZ::/bin/i:"), MAGIC("-0:QZ::/bin/i:"), MAGIC("1x:QZ::/bin/i:"), MAGIC(" 1:QZ::/bin/i:"),
    MAGIC("1\n:QZ::/bin/i:"), MAGIC("1\n\n:QZ::/bin/i:"), MAGIC("\n:QZ::/bin/i:"), MAGIC("+:QZ::/bin/i:"), MAGIC("+-1:QZ::/bin/i:"),
    MAGIC("007:QZ::/bin/i:"), MAGIC("0x1:QZ::/bin/i:"), MAGIC("4294967295:QZ::/bin/i:"), MAGIC("4294967297:QZ::/bin/i:"),
    MAGIC("99999999999999999999999:QZ::/bin/i:"), MAGIC("126:QZ::/bin/i:"), MAGIC("127:QZ::/bin/i:"), MAGIC("254:QZ::/bin/i:"),
    MAGIC("255:QZ::/bin/i:"),
    MAGIC(":QZ::/bin/i"), MAGIC(":QZ::/bin/i:PP"), MAGIC(":QZ::/bin/i:OC"), MAGIC(":QZ::/bin/i:PX"), MAGIC(":QZ::/bin/i:\n"),
    MAGIC(":QZ::/bin/i:P\n"), MAGIC(":QZ::/bin/i:\nP"), MAGIC(":QZ::/bin/i:\n\n"), MAGIC(":QZ::/bin/i:P "), MAGIC(":QZ::/nothing:F"),
    MAGIC(":QZ::/tmp:F"), MAGIC(":QZ::/proc/self/exe:FPOC"), MAGIC(":QZ::relative:"), MAGIC(":QZ:::"), MAGIC("::::/bin/i:"),
    LINE(":x:E::t.x::/bin/i:"), LINE(":x:E::.tx::/bin/i:"), LINE(":x:E::t/x::/bin/i:"), LINE(":x:E:any:tx:thing:/bin/i:"),
    LINE(":x:E::\\x41::/bin/i:"), LINE(":x:E:::::::::/bin/i:"), LINE(":x:E::tx::/bin/i"),
    LINE("|x|M||Q:Z||/bin/i|"), LINE("xaxMxxQZxx/binxP"), LINE("xaxMxxQ\\x41Zxx/binx"), LINE("\nx\nM\n\nQZ\n\n/bin/i\n"),
    LINE("\nx\nM\n\nQZ\n\n/bin/i\n\n"), LINE("PxPMPPQZPP/bin/iP"), LINE("PxPMPPQZPP/bin/iPP"), LINE("MxMMMM1MQMM/bin/iM"),
    LINE("MxMMMMQMM/bin/iM"), LINE("axaMaa\\xaaaa/bin/ia"), LINE("axaMaa\\xaaa\\xaaa/bin/ia"), LINE("\\x\\M\\\\Qx41\\\\/bin/i\\"),
    LINE("\0x\0M\0\0QZ\0\0/bin/i\0"), LINE("\0x\0M\0\0QZ\0\0/bin/i"), LINE(":\xc3\xa4 b:M::QZ::/bin/i:"),
    LINE(":status:M::QZ::/bin/i:"), LINE(":register:M::QZ::/bin/i:"), LINE(":register:M::QZ::/nothing:F"), LINE(":.:M::QZ::/bin/i:"),
    LINE(":..:M::QZ::/bin/i:"), LINE(":a/b:M::QZ::/bin/i:"), LINE("::M::QZ::/bin/i:"), LINE(":x:MX::QZ::/bin/i:"),
    LINE(":x:m::QZ::/bin/i:"), LINE(":x:M"), LINE("0123456789"), LINE("01234567890"), LINE(":::::::::::"), LINE("EEEEEEEEEEE"),
    LINE("MMMMMMMMMMMMM"), LINE(""), LINE(":"), LINE(":EEEEEEEEEEEE"), LINE("Exxxxxxxxxxx"), LINE("Mxxxxxxxxxxx"),
    LINE(":x\0y:M::QZ::/bin/i:"), LINE(":x:M:1\0:QZ::/bin/i:"), LINE(":x:M::Q\0Z::/bin/i:"), LINE(":x:M::\0Q::/bin/i:"),
    LINE(":x:M::QZ:\0\\x00:/bin/i:"), LINE(":x:M::QZ:\\xff\\x00\0:/bin/i:"), LINE(":x:M::QZ::/bin\0/i:"), LINE(":x:M::QZ::/bin/i:P\0"),
    LINE(":x:E::t\0x::/bin/i:"),
};

static void text(const char *from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        printf(from[i] < 0x20 || from[i] > 0x7e ? "<%02x>" : "%c", (unsigned char)from[i]);
}

static int put(const char *name, const char *bytes, size_t length)
{
    char path[400];
    snprintf(path, sizeof path, DIRECTORY "%s", name);
    int fd = open(path, O_WRONLY);
    int result = fd < 0 ? -errno : (int)write(fd, bytes, length);
    result = fd >= 0 && result < 0 ? -errno : result;
    close(fd);
    return result;
}

static void show(const char *name)
{
    static char path[400], content[6000];
    snprintf(path, sizeof path, DIRECTORY "%s", name);
    int fd = open(path, O_RDONLY);
    ssize_t length = read(fd, content, sizeof content);
    printf(length < 0 ? "  %d" : "  ", errno);
    text(content, length > 0 ? (size_t)length : 0);
    printf("\n");
    close(fd);
}

static void list(void)
{
    DIR *directory = opendir(DIRECTORY);
    const struct dirent *entry;
    printf("list:");
    while ((entry = readdir(directory))) {
        struct stat status;
        int same = fstatat(dirfd(directory), entry->d_name, &status, 0) == 0 && status.st_ino == entry->d_ino;
        if (entry->d_name[0] != '.')
            printf(" %s/%d/%d", entry->d_name, entry->d_type, same);
    }
    printf("\n");
    closedir(directory);
}

static void try_line(const char *bytes, size_t length)
{
    int result = put("register", bytes, length);
    text(bytes, length < 60 ? length : 60);
    printf(" %zu: %d\n", length, result == (int)length ? 0 : result);
    if (result > 0) {
        DIR *directory = opendir(DIRECTORY);
        const struct dirent *entry;
        while ((entry = readdir(directory)))
            if (entry->d_name[0] != '.' && strcmp(entry->d_name, "register") && strcmp(entry->d_name, "status"))
                show(entry->d_name);
        closedir(directory);
    }
    put("status", "-1", 2);
}

// A line of this length, its name or its interpreter filled up.
static void long_line(const char *head, const char *tail, size_t length)
{
    static char line[3000];
    memset(line, 'n', sizeof line);
    memcpy(line, head, strlen(head));
    memcpy(line + length - strlen(tail), tail, strlen(tail));
    try_line(line, length);
}

static void commands(void)
{
    static const char *const all[] = {"", "\n", "0\n", "01", "0", "1\n", "1\n\n", "-1x", "-1\nx", " 1", "2", "-0", "1"};
    put("register", ":e:M:3:QZ:\\x0f\\xf0:/bin/i:P", 27);
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        text(all[i], strlen(all[i]));
        printf(": %d", put("e", all[i], strlen(all[i])));
        printf(" %d\n", put("status", all[i], strlen(all[i])));
        show("e");
        show("status");
    }
    printf("bad pointer %d", put("e", (char *)8, 2));
    printf(" %d %d\n", put("status", (char *)8, 2), put("register", (char *)8, 20));
}

static int result(long r)
{
    return r < 0 ? -errno : (int)r;
}

static void describe(const char *name)
{
    struct stat s;
    if (stat(name, &s))
        printf("%s: %d\n", name, -errno);
    else
        printf("%s: %o %d %d:%d size %d blocks %d\n", name, s.st_mode, (int)s.st_nlink, s.st_uid, s.st_gid, (int)s.st_size,
               (int)s.st_blocks);
}

static void files(void)
{
    char buffer[100];
    chdir(DIRECTORY);
    describe(".");
    describe("register");
    describe("status");
    describe("e");
    printf("create %d", result(open("new", O_CREAT | O_WRONLY, 0644)));
    printf(" mkdir %d", result(mkdir("new", 0755)));
    printf(" symlink %d", result(symlink("e", "new")));
    printf(" link %d", result(link("e", "new")));
    printf(" rename %d", result(rename("e", "new")));
    printf(" unlink %d", result(unlink("e")));
    printf(" unlink status %d", result(unlink("status")));
    printf(" rmdir %d\n", result(rmdir("e")));
    int fd = open("e", O_RDWR), enter = open("register", O_RDWR);
    printf("read in pieces %d", result(read(fd, buffer, 3)));
    printf(" %d", result(write(fd, "0", 1)));
    printf(" %d", result(lseek(fd, 0, SEEK_CUR)));
    printf(" %d", result(read(fd, buffer, 100)));
    printf(" %d", result(pread(fd, buffer, 100, 5)));
    printf(" %d", result(pread(fd, buffer, 100, 1000)));
    printf(" %d", result(lseek(fd, 0, SEEK_END)));
    printf(" %d", result(lseek(fd, -1, SEEK_SET)));
    printf(" %d\n", result(pwrite(fd, "1", 1, 77)));
    printf("register: read %d", result(read(enter, buffer, 3)));
    printf(" zero %d", result(read(enter, buffer, 0)));
    printf(" seek %d", result(lseek(enter, 5, SEEK_SET)));
    printf(" %d", result(lseek(enter, 0, SEEK_END)));
    printf(" fsync %d", result(fsync(fd)));
    printf(" map %d\n", mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -errno : 0);
    printf("truncate %d", result(ftruncate(fd, 5)));
    describe("e");
    close(open("e", O_WRONLY | O_TRUNC));
    chmod("e", 0600);
    describe("e");
    show("e");
    printf("removed %d\n", put("e", "-1", 2));
    struct stat s;
    fstat(fd, &s);
    printf("still open: %d links", (int)s.st_nlink);
    lseek(fd, 0, SEEK_SET);
    printf(" %d", result(read(fd, buffer, 100)));
    printf(" %d", result(write(fd, "0", 1)));
    printf(" %d", result(pread(fd, buffer, 9, 0)));
    printf(" %.9s", buffer);
    printf(" %d\n", result(write(fd, "-1", 2)));
    try_line(":e:M::QZ::/bin/i:", 17);
    printf("again %d\n", result(write(fd, "-1", 2)));
}

int main(void)
{
    for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++)
        try_line(lines[i].text, lines[i].length);
    for (size_t length = 255; length <= 257; length++) {
        long_line(":", ":M::QZ::/bin/i:", length + 15);
        long_line(":x:M::QZ::/", ":", length);
    }
    long_line(":x:M::QZ::/", ":", 1920);
    long_line(":x:M::QZ::/", ":", 1921);
    commands();
    put("register", ":f:E::f::/bin/i:", 16);
    put("register", ":a:E::a::/bin/i:", 16);
    list();
    files();
    list();
    printf("clear %d\n", put("status", "-1\n", 3));
    list();
    return 0;
}
