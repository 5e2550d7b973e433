// launch PROGRAM [ARGS]: executes it in the environment that the initial states were captured in.
#include <unistd.h>

int main(int argc, char **argv)
{
    static char *const environment[] = {"HOME=/", "TERM=linux", "GT=1", 0};
    if (argc < 2)
        return 99;
    execve(argv[1], argv + 1, environment);
    return 98;
}
