/* Children that end before they are waited for, WNOHANG, orphans, waiting for one of several. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t childThatExits(int code) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) _exit(code);
    return child;
}

static void zombie(void) {
    int ends[2], status;
    char c;
    if (pipe(ends)) return;
    pid_t child = fork();
    if (child == 0) _exit(4);
    close(ends[1]);
    printf("end of file when it is dead: %zd\n", read(ends[0], &c, 1));
    printf("zombie takes signals: %d\n", kill(child, 0));
    printf("waited %d", waitpid(child, &status, 0) == child);
    printf(" status %d, again %d", WEXITSTATUS(status), waitpid(child, 0, 0));
    printf(" ECHILD %d", errno == ECHILD);
    printf(", gone %d", kill(child, 0));
    printf(" ESRCH %d\n", errno == ESRCH);
}

static void noHang(void) {
    int ends[2], status;
    if (pipe(ends)) return;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char c;
        close(ends[1]);
        _exit(read(ends[0], &c, 1) == 0 ? 6 : 7);
    }
    close(ends[0]);
    printf("still running: %d\n", waitpid(child, &status, WNOHANG));
    close(ends[1]);
    printf("ended: %d", waitpid(child, &status, 0) == child);
    printf(" %d\n", WEXITSTATUS(status));
}

static void oneOfSeveral(void) {
    pid_t first = childThatExits(1), second = childThatExits(2), third = childThatExits(3);
    int status, sum = 0;
    printf("second: %d", waitpid(second, &status, 0) == second);
    printf(" %d\n", WEXITSTATUS(status));
    for (int i = 0; i < 2; i++) {
        pid_t any = wait(&status);
        sum += WEXITSTATUS(status) * (any == first || any == third);
    }
    printf("the others: %d\n", sum);
}

static void orphan(void) {
    int ends[2];
    char c;
    if (pipe(ends)) return;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        pid_t parent = getpid();
        if (fork() == 0) {
            while (getppid() == parent) usleep(1000);
            c = getppid() != parent;
            _exit(write(ends[1], &c, 1) != 1);
        }
        _exit(0);
    }
    waitpid(child, 0, 0);
    ssize_t got = read(ends[0], &c, 1);
    printf("orphan has a new parent: %zd %d\n", got, c);
}

static void ignoredChildren(void) {
    signal(SIGCHLD, SIG_IGN);
    childThatExits(1);
    printf("not waited for: %d", wait(0));
    printf(" ECHILD %d\n", errno == ECHILD);
}

int main(void) {
    zombie();
    noHang();
    oneOfSeveral();
    orphan();
    ignoredChildren();
    return 0;
}
