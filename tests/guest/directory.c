/* Reading directories: every entry once, also when they do not fit in one getdents. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int byName(const void* a, const void* b) { return strcmp(*(char* const*)a, *(char* const*)b); }

static void list(const char* path) {
    static char* entries[2000];
    int count = 0;
    DIR* dir = opendir(path);
    if (!dir) {
        printf("%s: cannot open\n", path);
        return;
    }
    for (struct dirent* entry; (entry = readdir(dir));) {
        char line[300];
        snprintf(line, sizeof line, "%s type %d", entry->d_name, entry->d_type);
        entries[count++] = strdup(line);
    }
    closedir(dir);
    qsort(entries, count, sizeof *entries, byName);
    printf("%s: %d entries\n", path, count);
    for (int i = 0; i < count; i++)
        if (count < 20 || i % 100 == 0) printf("  %s\n", entries[i]);
}

int main(void) {
    char name[64];
    mkdir("/tmp/many", 0755);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "/tmp/many/file-with-a-longer-name-%04d", i);
        close(open(name, O_CREAT | O_WRONLY, 0644));
    }
    list("/tmp/many");
    mkdir("/tmp/kinds", 0755);
    mkdir("/tmp/kinds/directory", 0755);
    close(open("/tmp/kinds/file", O_CREAT | O_WRONLY, 0644));
    if (symlink("file", "/tmp/kinds/link")) return 1;
    list("/tmp/kinds");
    list("/tmp/kinds/file");
    return 0;
}
