/* Process groups, sessions and signals to a group. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int status;
    pid_t leader = fork();
    if (leader == 0) {
        if (setsid() != getpid() || getpgrp() != getpid() || getsid(0) != getpid()) _exit(1);
        if (setsid() != -1) _exit(2);
        signal(SIGUSR1, SIG_IGN);
        for (int i = 0; i < 2; i++)
            if (fork() == 0) {
                signal(SIGUSR1, SIG_DFL);
                for (;;) pause();
            }
        usleep(20000);
        kill(0, SIGUSR1);
        int killed = 0;
        while (wait(&status) > 0) killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1;
        _exit(10 + killed);
    }
    waitpid(leader, &status, 0);
    printf("leader %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        for (;;) pause();
    printf("setpgid %d", setpgid(child, child));
    printf(" own group %d\n", getpgid(child) == child);
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    printf("stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
    kill(child, SIGCONT);
    waitpid(child, &status, WCONTINUED);
    printf("continued %d\n", WIFCONTINUED(status));
    killpg(child, SIGTERM);
    waitpid(child, &status, 0);
    printf("ended by %d\n", WTERMSIG(status));
    return 0;
}
