// execveat(2): by descriptor, relative to one, and what it refuses. The child says under which names it runs.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(int fd, const char *path, int flags)
{
    int said[2], error = 0, status;
    if (pipe2(said, O_CLOEXEC))
        return -1;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        char *argv[] = {"prog", "show", 0}, *envp[] = {0};
        syscall(SYS_execveat, fd, path, argv, envp, flags);
        error = errno;
        if (write(said[1], &error, sizeof error) < 0)
            _exit(2);
        _exit(1);
    }
    close(said[1]);
    if (read(said[0], &error, sizeof error) <= 0)
        error = 0;
    close(said[0]);
    waitpid(child, &status, 0);
    return error ? -error : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "show")) {
        char comm[16];
        prctl(PR_GET_NAME, comm);
        printf("%s runs as %s\n", (char *)getauxval(AT_EXECFN), comm);
        return 7;
    }
    int file = open(argv[0], O_RDONLY | O_CLOEXEC), root = open("/", O_RDONLY), path = open(argv[0], O_PATH);
    printf("descriptor: %d\n", run(file, "", AT_EMPTY_PATH));
    printf("O_PATH: %d\n", run(path, "", AT_EMPTY_PATH));
    printf("no AT_EMPTY_PATH: %d\n", run(file, "", 0));
    printf("unknown flag: %d\n", run(path, argv[0], 0x4));
    printf("absolute, bad descriptor: %d\n", run(-5, argv[0], 0));
    printf("relative: %d\n", run(root, argv[0] + 1, 0));
    printf("directory: %d\n", run(root, "", AT_EMPTY_PATH));
    printf("bad descriptor: %d\n", run(77, "x", 0));
    int script = open("/tmp/execveat-script", O_CREAT | O_WRONLY | O_TRUNC, 0755);
    dprintf(script, "#!%s show\n", argv[0]);
    close(script);
    script = open("/tmp/execveat-script", O_RDONLY | O_CLOEXEC);
    printf("script that its interpreter cannot open: %d\n", run(script, "", AT_EMPTY_PATH));
    if (!symlink("execveat-script", "/tmp/execveat-link"))
        printf("link: %d\n", run(AT_FDCWD, "/tmp/execveat-link", AT_SYMLINK_NOFOLLOW));
    unlink("/tmp/execveat-link");
    unlink("/tmp/execveat-script");
    return 0;
}
