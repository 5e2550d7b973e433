// What every opcode does: the vector that it raises, or how far it went, with each prefix, register field and kind of operand.
// usage: opcodes MAP. 1 to 4: one byte, 0FH, 0F38H, 0F3AH; 5 to 7: the maps of VEX.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { START = 2048, ROOM = 24 };
static unsigned char* const code = (unsigned char*)0x20000000;
static unsigned char* const data = (unsigned char*)0x30000000;
uint64_t resume;

/* Registers that lead into the data, small numbers elsewhere; every way out is a signal. */
__asm__("enter: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; mov %rsp, resume(%rip)\n"
        "mov $0x30000800, %edi; mov $0x30000900, %esi; mov $0x30000a00, %ebx; mov $0x30000b00, %ebp; mov $0x30000400, %esp\n"
        "mov $1, %eax; mov $2, %ecx; xor %edx, %edx; mov $0x20000800, %r11d; jmp *%r11\n"
        "back: mov resume(%rip), %rsp; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret");
extern void enter(void);
extern char back[];

static int vector;
static long distance;

static void handler(int signal, siginfo_t* info, void* context)
{
    ucontext_t* const user = context;
    greg_t* const registers = user->uc_mcontext.gregs;
    (void)signal, (void)info;
    vector = (int)registers[REG_TRAPNO];
    distance = registers[REG_RIP] - (long)(code + START);
    registers[REG_RIP] = (greg_t)back;
    registers[REG_EFL] = 0x202;
    user->uc_mcontext.fpregs->mxcsr = 0x1f80;
    user->uc_mcontext.fpregs->cwd = 0x37f;
    user->uc_mcontext.fpregs->swd = 0;
    user->uc_mcontext.fpregs->ftw = 0;
}

static void run(const unsigned char* bytes, int length)
{
    memset(code + START, 0x90, ROOM);
    memcpy(code + START, bytes, (size_t)length);
    memset(data + 0x3c0, 0, 128);
    memset(data + 0x780, 0, 512);
    *(uint64_t*)(data + 0x400) = (uint64_t)code + 100;
    enter();
    for (int i = 0; i < length; ++i) printf("%02x", bytes[i]);
    if (vector == 3) printf(" %ld\n", distance);
    else printf(" #%d %ld\n", vector, distance);
}

/* Those that load FS or SS, enter the kernel, tell what the host is, or never end. */
static int skipped(int map, int opcode, int prefixes)
{
    if (map == 1) return opcode == 0x8e || opcode == 0xcd || opcode == 0x9d || opcode == 0xcf || ((opcode & 0xf0) == 0x70 || opcode == 0xeb || (opcode & 0xfc) == 0xe0 ? prefixes > 0 : 0) ||
                         (opcode & 0xf0) == 0x40 || strchr("\x0f\x26\x2e\x36\x3e\x62\x64\x65\x66\x67\xf0\xf2\xf3\xc4\xc5", opcode);
    return map == 2 && opcode && strchr("\x05\x07\x0f\x31\x34\x35\x38\x3a\xa1\xa2\xa9\xae\xb2\xb4\xb5", opcode);
}

static void legacy(int map)
{
    static const unsigned char prefixes[][3] = {{0}, {1, 0x66}, {1, 0xf2}, {1, 0xf3}, {1, 0xf0}, {1, 0x48}, {2, 0xf0, 0x66}, {2, 0x66, 0xf3}};
    for (int opcode = 0; opcode < 256; ++opcode)
        for (int p = 0; p < 8; ++p)
            for (int i = 0; i < 16 && !skipped(map, opcode, p); ++i) {
                const int reg = i & 7, isRegister = i >> 3;
                unsigned char bytes[8];
                int n = prefixes[p][0];
                if (map == 1 && opcode == 0xff && (reg == 3 || reg == 5)) continue;        // far
                memcpy(bytes, prefixes[p] + 1, 2);
                if (map > 1) bytes[n++] = 0x0f;
                if (map > 2) bytes[n++] = map == 3 ? 0x38 : 0x3a;
                bytes[n++] = (unsigned char)opcode;
                bytes[n++] = (unsigned char)((isRegister ? 0xc5 : 0x07) | reg << 3);
                run(bytes, n);
            }
}

static void vex(int map)
{
    for (int opcode = 0; opcode < 256; ++opcode)
        for (int bits = 0; bits < 64; ++bits) {     // W, L, pp, vvvv, memory or register
            const int every = (opcode >= 0x71 && opcode <= 0x73) || opcode == 0xae || opcode == 0xf3;
            for (int reg = 0; reg < 8; reg += every ? 1 : 5) {
                const unsigned char last = (unsigned char)((bits & 1) << 7 | (bits & 2 ? 15 : 9) << 3 | (bits & 4) | bits >> 4);
                const unsigned char bytes[] = {0xc4, (unsigned char)(0xe0 | map), last, (unsigned char)opcode,
                                               (unsigned char)((bits & 8 ? 0xc5 : 0x07) | reg << 3)};
                run(bytes, sizeof bytes);
            }
        }
}

int main(int argc, char** argv)
{
    static char stack[65536];
    const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    const struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    const int map = argc > 1 ? atoi(argv[1]) : 1;
    mmap(code, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    mmap(data, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memset(code, 0xcc, 4096);
    sigaltstack(&alternative, 0);
    for (const int* signal = (const int[]){SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, 0}; *signal; ++signal) sigaction(*signal, &action, 0);
    if (map <= 4) legacy(map);
    else vex(map - 4);
    return 0;
}
