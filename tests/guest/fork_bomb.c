// Forks until it is refused. Run only where the machine is not the host's: see tests/cli/cli.py.
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    for (;;) {
        const pid_t child = fork();
        if (child == 0) {
            pause();
            _exit(0);
        }
        if (child < 0) break;
    }
    puts(errno == EAGAIN ? "EAGAIN" : "another error");
    return 0;
}
