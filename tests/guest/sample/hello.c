// The program of `execscope demo`: initialised data and more than a page of bss, so that an exec has everything to show.

char greeting[] = "Hello, world!\n";     // .data
char buffer[10000];                      // .bss: the rest of the data page is zeroed, the others are anonymous

static long syscall3(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

int main(void) {
    char* end = buffer + sizeof buffer - sizeof greeting;
    for (unsigned i = 0; i < sizeof greeting; ++i) end[i] = greeting[i];
    return syscall3(1, 1, (long)end, sizeof greeting - 1) == sizeof greeting - 1 ? 0 : 1;
}

__asm__(".globl _start\n_start:\n call main\n mov %eax, %edi\n mov $231, %eax\n syscall\n");
