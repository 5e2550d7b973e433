// register_misc LINE PROGRAM [ARGS]: registers an interpreter in binfmt_misc, then executes the program.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv, char **envp)
{
    int fd = open("/proc/sys/fs/binfmt_misc/register", O_WRONLY);
    if (argc < 3 || fd < 0 || write(fd, argv[1], strlen(argv[1])) < 0)
        return 99;
    close(fd);
    execve(argv[2], argv + 2, envp);
    return 98;
}
