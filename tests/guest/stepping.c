// TF: after which instructions the trap comes, over system calls, repetitions, loads of SS, changes of the flags, returns and faults.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <ucontext.h>

struct Case { const char *name, *from; };
extern const struct Case cases[], casesEnd[];
static const struct Case* now;
static int left;
uint64_t resume;
unsigned char bytes[64];

/* TF is set before the code and cleared behind it. */
#define CASE(name, code)                                                                                             \
    __asm__(".pushsection .rodata\n 1: .asciz \"" name "\"\n .popsection\n"                                          \
            ".pushsection .stepping, \"aw\"\n .quad 1b, 2f\n .popsection\n"                                          \
            ".pushsection .text\n 2: pushfq; orq $0x100, (%rsp); popfq; " code "; pushq $2; popfq; nop; jmp back\n .popsection")

__asm__(".section .stepping, \"aw\"\n .globl cases\n cases:\n .text");
CASE("nop", "nop; nop");
CASE("syscall", "mov $39, %eax; syscall; xor %eax, %eax");
CASE("rep movsb", "mov $3, %ecx; rep movsb");
CASE("rep with nothing to do", "xor %ecx, %ecx; rep movsb");
CASE("repe cmpsb", "mov $3, %ecx; repe cmpsb");
CASE("pushf", "pushfq; pop %rcx; and $0x100, %ecx");
CASE("popf clears", "pushq $2; popfq; nop");
CASE("popf keeps", "pushq $0x102; popfq; nop");
CASE("mov ss", "mov %ss, %ecx; mov %ecx, %ss; nop; nop");
CASE("mov ss, syscall", "mov %ss, %ecx; mov %ecx, %ss; syscall; xor %eax, %eax");
CASE("mov ss, mov ss", "mov %ss, %ecx; mov %ecx, %ss; mov %ecx, %ss; nop");
CASE("mov ds", "mov %ds, %ecx; mov %ecx, %ds; nop");
CASE("jump", "jmp 4f; nop; 4:");
CASE("not taken", "xor %ecx, %ecx; jnz 4f; nop; 4:");
CASE("loop", "mov $3, %ecx; 4: loop 4b");
CASE("call and return", "call 4f; jmp 5f; 4: ret; 5:");
CASE("far return", "push $0x33; lea 4f(%rip), %rcx; push %rcx; lretq; 4: nop");
CASE("iret keeps", "mov %rsp, %rcx; push $0x2b; push %rcx; push $0x102; push $0x33; lea 4f(%rip), %rcx; push %rcx; iretq; 4: nop");
CASE("iret clears", "mov %rsp, %rcx; push $0x2b; push %rcx; push $2; push $0x33; lea 4f(%rip), %rcx; push %rcx; iretq; 4: nop");
CASE("cpuid", "xor %eax, %eax; cpuid; xor %ecx, %ecx");
CASE("x87", "fninit; fld1; fwait; fninit");
CASE("enter and leave", "enter $16, $2; leave");
CASE("lock", "lock incl (%rdi)");
CASE("int3", "int3; nop");
CASE("ud2", "ud2; nop");
CASE("hlt", "nop; hlt; nop; nop");
CASE("divide", "xor %ecx, %ecx; div %cl; nop");
__asm__(".section .stepping, \"aw\"\n .globl casesEnd\n casesEnd:\n .text");

__asm__("enter: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; mov %rsp, resume(%rip); mov %rdi, %rax\n"
        "lea bytes(%rip), %rdi; mov %rdi, %rsi; jmp *%rax\n"
        "back: mov resume(%rip), %rsp; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret");
extern void enter(const char* code);

static void handler(int signal, siginfo_t* info, void* context)
{
    greg_t* const registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    printf(" %+d", (int)(registers[REG_RIP] - (greg_t)now->from));
    if (registers[REG_TRAPNO] != 1) printf("(vector %d)", (int)registers[REG_TRAPNO]);
    if (info->si_code != TRAP_TRACE) printf("(signal %d code %d)", signal, info->si_code);
    if (!(registers[REG_EFL] & 0x100)) printf("(TF clear)");
    if (registers[REG_RCX] < 4) printf("[%d]", (int)registers[REG_RCX]);
    if (signal != SIGTRAP) registers[REG_RIP] += registers[REG_TRAPNO] == 13 ? 1 : 2;     /* past the one that faults */
    if (!--left) registers[REG_EFL] &= ~0x100;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    for (const int* signal = (const int[]){SIGSEGV, SIGILL, SIGFPE, SIGTRAP, 0}; *signal; ++signal) sigaction(*signal, &action, 0);
    for (now = cases; now != casesEnd; ++now) {
        printf("%-24s", now->name);
        left = 40;
        enter(now->from);
        printf("\n");
    }
    return 0;
}
