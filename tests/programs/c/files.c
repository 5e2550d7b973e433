/* stdio on files, pipes and memory: modes, buffering, seeking, ungetc, lines, temporary files, popen, errors. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void modes(void)
{
    static const char *const names[] = {"r", "r+", "w", "w+", "a", "a+", "wx", "rb", "we"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        FILE *made = fopen("modes", "w");
        fputs("0123456789", made);
        fclose(made);
        FILE *file = fopen("modes", names[i]);
        if (!file) {
            printf("%s: %s\n", names[i], strerror(errno));
            continue;
        }
        int written = fputs("ab", file) >= 0, flushed = fflush(file);
        long at = ftell(file);
        fseek(file, 1, SEEK_SET);
        int next = fgetc(file);
        printf("%s: %d %d %ld %d error %d eof %d exec %d", names[i], written, flushed, at, next, ferror(file) != 0, feof(file) != 0,
               fcntl(fileno(file), F_GETFD));
        fclose(file);
        struct stat stat;
        lstat("modes", &stat);
        printf(" size %ld\n", (long)stat.st_size);
    }
    printf("%d %s\n", fopen("missing/file", "w") == NULL, strerror(errno));
    printf("%d %s\n", fopen("/", "w") == NULL, strerror(errno));
}

static void buffers(void)
{
    FILE *file = fopen("buffers", "w+");
    static char room[100];
    setvbuf(file, room, _IOFBF, sizeof room);
    for (int i = 0; i < 300; i++)
        fprintf(file, "line %d\n", i * i);
    printf("%ld\n", ftell(file));
    rewind(file);
    char *line = NULL;
    size_t size = 0;
    unsigned long sum = 0, lines = 0;
    while (getline(&line, &size, file) > 0)
        sum += strtoul(line + 5, NULL, 10), lines++;
    printf("%lu %lu %d\n", lines, sum, feof(file) != 0);
    free(line);
    fseek(file, -5, SEEK_END);
    char word[32] = "";
    printf("%s", fgets(word, sizeof word, file));
    fseek(file, 100000, SEEK_SET);
    fputc('!', file);
    fflush(file);
    struct stat stat;
    fstat(fileno(file), &stat);
    printf("%ld\n", (long)stat.st_size);
    fseeko(file, 0, SEEK_SET);
    int c = fgetc(file);
    ungetc('L', file);
    printf("%c%c%c\n", c, fgetc(file), fgetc(file));
    fpos_t place;
    fgetpos(file, &place);
    unsigned char block[4096];
    size_t total = 0, got, zeros = 0;
    while ((got = fread(block, 3, sizeof block / 3, file)) > 0)
        for (size_t i = 0; i < got * 3; i++)
            total++, zeros += block[i] == 0;
    fsetpos(file, &place);
    printf("%zu %zu %c\n", total, zeros, fgetc(file));
    printf("%d\n", ftruncate(fileno(file), 10));
    fclose(file);
}

static void pipes(void)
{
    FILE *reader = popen("cat > piped; wc -c < piped; exit 3", "w");
    for (int i = 0; i < 5000; i++)
        fprintf(reader, "%d ", i);
    fflush(stdout);
    printf("status %d\n", WEXITSTATUS(pclose(reader)));
    FILE *writer = popen("seq 1 3; echo error >&2; kill -9 $$", "r");
    char line[64];
    while (fgets(line, sizeof line, writer))
        printf("from the pipe: %s", line);
    int status = pclose(writer);
    printf("signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
    fflush(stdout);
    printf("system %d %d\n", WEXITSTATUS(system("exit 5")), system(NULL) != 0);
    int ends[2];
    printf("%d\n", pipe(ends));
    FILE *in = fdopen(ends[0], "r"), *out = fdopen(ends[1], "w");
    setvbuf(out, NULL, _IOLBF, 0);
    fputs("complete\nrest", out);
    printf("%s", fgets(line, sizeof line, in));
    fclose(out);
    printf("%s %d\n", fgets(line, sizeof line, in), fgetc(in));
    int sought = fseek(in, 0, SEEK_SET);
    printf("%d %d\n", sought, errno == ESPIPE);
    fclose(in);
}

static void memories(void)
{
    char *text;
    size_t size;
    FILE *memory = open_memstream(&text, &size);
    for (int i = 0; i < 1000; i++)
        fprintf(memory, "%x", i);
    fclose(memory);
    printf("%zu %.20s\n", size, text);
    memory = fmemopen(text, 20, "r+");
    int a, b;
    printf("%d %x %x\n", fscanf(memory, "%5x%2x", &a, &b), a, b);
    fclose(memory);
    free(text);
    FILE *temporary = tmpfile();
    fputs("temporary", temporary);
    rewind(temporary);
    char word[16];
    printf("%d %s\n", fscanf(temporary, "%15s", word), word);
    char name[] = "XXXXXX";
    int fd = mkstemp(name);
    printf("%d %zu %d %d\n", fd >= 0, strlen(name), unlink(name), access(name, F_OK));
    FILE *full = fopen("/dev/full", "w");
    fputs("x", full);
    int closed = fclose(full);
    printf("%d %s\n", closed, strerror(errno));
    printf("%d %d\n", rename("buffers", "renamed"), remove("modes"));
    errno = ENOTDIR;
    perror("perror");
}

int main(void)
{
    if (mkdir("/tmp/files", 0755) || chdir("/tmp/files"))
        return 1;
    modes();
    buffers();
    pipes();
    memories();
    freopen("/tmp/files/out", "w", stdout);
    printf("to the file\n");
    fclose(stdout);
    return WEXITSTATUS(system("cat /tmp/files/out >&2"));
}
