/* The stack grows by itself, keeps what is in it, and stops at its limit. */
#include <stdio.h>
#include <sys/resource.h>

__attribute__((noinline)) static unsigned long deep(int levels) {
    volatile char block[4000];
    block[0] = (char)levels;
    block[3999] = (char)(levels * 3);
    unsigned long below = levels ? deep(levels - 1) : 0;
    return below * 31 + (unsigned char)block[0] + (unsigned char)block[3999];
}

int main(void) {
    struct rlimit limit;
    printf("%lx\n", deep(1700));
    getrlimit(RLIMIT_STACK, &limit);
    printf("limit %lu\n", (unsigned long)limit.rlim_cur);
    return 0;
}
