/* Ends in the way its argument names. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int overflow(int depth) {
    volatile char block[4096];
    memset((char*)block, depth, sizeof block);
    if (depth < 0) return 0;
    return overflow(depth + 1) + block[depth % 4096];
}

int main(int argc, char** argv) {
    const char* how = argc > 1 ? argv[1] : "";
    if (!strcmp(how, "null")) *(volatile int*)0 = 1;
    if (!strcmp(how, "jump")) ((void (*)(void))0x1000)();
    if (!strcmp(how, "data")) {
        static char code[] = "\xc3";
        ((void (*)(void))code)();
    }
    if (!strcmp(how, "ud2")) __asm__ volatile("ud2");
    if (!strcmp(how, "divide")) __asm__ volatile("xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx" ::: "eax", "ecx", "edx");
    if (!strcmp(how, "stack")) return overflow(0);
    if (!strcmp(how, "abort")) abort();
    if (!strcmp(how, "kill")) kill(getpid(), SIGKILL);
    if (!strcmp(how, "trap")) __asm__ volatile("int3");
    return 0;
}
