/* Registers of AVX across a signal, and the signal frame's XSAVE area (sigreturn(2), uapi asm/sigcontext.h). */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static uint8_t before[16][32], after[16][32];
static enum { LOOK, CHANGE, SPOIL, DROP } what;

static uint32_t u32At(const uint8_t* p) {
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static void handler(int sig, siginfo_t* info, void* context) {
    (void)sig, (void)info;
    ucontext_t* u = context;
    uint8_t* area = (uint8_t*)u->uc_mcontext.fpregs;
    const uint32_t size = u32At(area + 464 + 16);
    if (what == LOOK) {
        printf("aligned %d, uc_flags %lu, magic %x, size ok %d, extended %u, magic2 %x, features %u, in use %u\n", (uintptr_t)area % 64 == 0,
               u->uc_flags & 1, u32At(area + 464), size >= 832, u32At(area + 468) - size, u32At(area + size), u32At(area + 472) & 7, area[512] & 7);
        for (int i = 0; i < 16; i++)
            if (memcmp(area + 160 + 16 * i, before[i], 16) || memcmp(area + 576 + 16 * i, before[i] + 16, 16)) printf("ymm%d is not in the frame\n", i);
    }
    if (what == CHANGE) memset(area + 576 + 16 * 5, 0x5a, 16), memset(area + 160 + 16 * 6, 0xa5, 16);
    if (what == SPOIL) memset(area + 464, 0, 4);
    if (what == DROP) area[512] &= ~4;
    __asm__ volatile("vzeroall");
}

static void run(const char* name) {
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 32; j++) before[i][j] = (uint8_t)(i * 32 + j + 1);
    const long pid = getpid();
    long result = 62;
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define LOAD(i) "vmovdqu " #i "*32(%1), %%ymm" #i "\n"
#define STORE(i) "vmovdqu %%ymm" #i ", " #i "*32(%2)\n"
    __asm__ volatile(EACH(LOAD) "syscall\n" EACH(STORE) "vzeroupper"
                     : "+a"(result) : "r"(before), "r"(after), "D"(pid), "S"((long)SIGUSR1)
                     : "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                       "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    printf("%s:", name);
    for (int i = 0; i < 16; i++)
        for (int half = 0; half < 2; half++)
            if (memcmp(after[i] + 16 * half, before[i] + 16 * half, 16)) printf(" %d.%d=%02x", i, half, after[i][16 * half]);
    printf("\n");
}

int main(void) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    if (!__builtin_cpu_supports("avx")) {
        printf("no AVX\n");
        return 0;
    }
    sigaction(SIGUSR1, &action, NULL);
    setvbuf(stdout, NULL, _IONBF, 0);
    what = LOOK, run("looked at");
    what = CHANGE, run("changed");
    what = DROP, run("upper halves dropped");
    what = SPOIL, run("without magic");
    if (fork() == 0) {
        what = LOOK, run("in a child");
        _exit(0);
    }
    wait(NULL);
    return 0;
}
