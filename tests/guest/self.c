/* What /proc/self says about the program itself. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void showFile(const char* path) {
    char text[4096];
    int fd = open(path, O_RDONLY);
    long size = fd < 0 ? -1 : read(fd, text, sizeof text);
    printf("%s: %ld:", path, size);
    for (long i = 0; i < size; i++) putchar(text[i] ? text[i] : '|');
    puts("");
    close(fd);
}

int main(void) {
    char text[4096];
    showFile("/proc/self/cmdline");
    showFile("/proc/self/comm");
    ssize_t length = readlink("/proc/self/exe", text, sizeof text);
    printf("exe %.*s\n", (int)length, text);
    FILE* maps = fopen("/proc/self/maps", "r");
    for (char line[512]; maps && fgets(line, sizeof line, maps);) {
        char permissions[5];
        unsigned long start, end, offset;
        sscanf(line, "%lx-%lx %4s %lx", &start, &end, permissions, &offset);
        char* path = strchr(line, '/');
        if (path) printf("%lx %s %lx %s", start, permissions, offset, path);
    }
    return 0;
}
