/* Thousands of processes that live shortly: one after the other, in bursts, and each with a number of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 2000, BURST = 50, BURSTS = 40 };

static int compare(const void* a, const void* b) { return (*(const pid_t*)a > *(const pid_t*)b) - (*(const pid_t*)a < *(const pid_t*)b); }

int main(void) {
    int right = 0, status;
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child = fork();
        if (child == 0) _exit(i % 251);
        right += waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == i % 251;
    }
    printf("one after the other: %d\n", right);
    right = 0;
    for (int burst = 0; burst < BURSTS; burst++) {
        pid_t children[BURST];
        int different = 1;
        for (int i = 0; i < BURST; i++)
            if ((children[i] = fork()) == 0) _exit(i);
        for (int i = 0; i < BURST; i++) right += waitpid(children[i], &status, 0) == children[i] && WEXITSTATUS(status) == i;
        qsort(children, BURST, sizeof *children, compare);
        for (int i = 1; i < BURST; i++) different &= children[i] != children[i - 1];
        right -= !different;
    }
    printf("in bursts: %d\n", right);
    return 0;
}
