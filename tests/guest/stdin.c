/* Counts what comes on standard input. */
#include <stdio.h>

int main(void) {
    long bytes = 0, lines = 0;
    unsigned long sum = 0;
    for (int c; (c = getchar()) != EOF; bytes++) {
        lines += c == '\n';
        sum = sum * 31 + (unsigned)c;
    }
    printf("%ld bytes, %ld lines, sum %lx\n", bytes, lines, sum);
    return 0;
}
