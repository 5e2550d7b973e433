/* Process numbers go up to 32767 and go on at 300. Run only where the machine is not the host's. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int wrapped = 0, low = 0;
    pid_t last = getpid();
    for (int i = 0; i < 33500; i++) {
        const pid_t child = fork();
        if (child == 0) _exit(0);
        if (child < last) {
            wrapped++;
            low = child;
        }
        last = child;
        waitpid(child, 0, 0);
    }
    printf("wrapped %d at %d\n", wrapped, low);
    return 0;
}
