// What each exception vector gives a program: signal, si_code, si_addr, and the frame's vector, error code, RF and RIP.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct Case { const char *name, *from, *to; };
extern const struct Case cases[], casesEnd[];
static const struct Case* now;
static volatile int signals;
uint64_t resume;

/* The code stands between two labels; it is entered by a jump and left at `to`, or by a signal. Those with + want a newer kernel. */
#define CASE(name, code)                                                                        \
    __asm__(".pushsection .rodata\n 1: .asciz \"" name "\"\n .popsection\n"                     \
            ".pushsection .vectors, \"aw\"\n .quad 1b, 2f, 3f\n .popsection\n"                  \
            ".pushsection .text\n 2: " code "\n 3: jmp back\n .popsection")

__asm__(".section .vectors, \"aw\"\n .globl cases\n cases:\n .text");
CASE("#DE: div by 0", "xor %ecx, %ecx; div %ecx");
CASE("#DE: idiv overflow", "mov $0x8000, %eax; mov $-1, %cl; idiv %cl");
CASE("#BP: int3", "int3");
CASE("#BP: int 3", ".byte 0xcd, 3");
CASE("#OF: int 4", "int $4");
CASE("#GP: int 0x20", "int $0x20");
CASE("#GP: int 1", ".byte 0xcd, 1");
CASE("#DB: TF", "pushfq; orq $0x100, (%rsp); popfq; nop");
CASE("#DB: TF, pushf", "pushfq; orq $0x100, (%rsp); popfq; pushfq");
CASE("#DB: TF, jump", "pushfq; orq $0x100, (%rsp); popfq; jmp 4f; nop; 4:");
CASE("#DB: TF behind mov ss", "mov %ss, %ecx; pushfq; orq $0x100, (%rsp); popfq; mov %ecx, %ss; nop");
CASE("#DB: TF over a fault", "xor %ecx, %ecx; pushfq; orq $0x100, (%rsp); popfq; div %ecx");
CASE("#UD: ud2", "ud2");
CASE("#UD: ud1", ".byte 0x0f, 0xb9, 0xc0");
CASE("#UD: into", ".byte 0xce");
CASE("#UD: lock of a load", ".byte 0xf0, 0x8b, 0x07");
CASE("#UD: lock of a register", ".byte 0xf0, 0x01, 0xc0");
CASE("#UD: mov to cs", ".byte 0x8e, 0xc8");
CASE("#UD: rex before vex", ".byte 0x40, 0xc5, 0xf8, 0x10, 0xc0");
CASE("15 bytes", ".fill 14, 1, 0x66; nop");
CASE("#GP: 16 bytes", ".fill 15, 1, 0x66; nop");
CASE("#GP: hlt", "hlt");
CASE("#GP: in", "in $0x80, %al");
CASE("#GP: rdmsr", "rdmsr");
CASE("#GP: not canonical", "mov $0x800000000000, %rax; mov (%rax), %ecx");
CASE("#GP: jump", "mov $0x800000000000, %rax; jmp *%rax");
CASE("#GP: return", "mov $0x800000000000, %rax; push %rax; ret");
CASE("#GP: far return", "push $0x33; mov $0x800000000000, %rax; push %rax; lretq");
CASE("#GP: far return to no segment", "push $0x1b; push $0; lretq");
CASE("#GP: movaps", "movaps 4(%rdi), %xmm0");
CASE("#GP: ldmxcsr", "movl $0x10000, (%rdi); ldmxcsr (%rdi)");
CASE("+#GP: wrfsbase", "mov $0x800000000000, %rax; wrfsbase %rax");
CASE("#GP: xgetbv", "mov $2, %ecx; xgetbv");
CASE("#GP: selector", "mov $0x18, %ecx; mov %ecx, %es");
CASE("#GP: null in ss", "xor %ecx, %ecx; mov %ecx, %ss");
CASE("#GP: level 0 in ss", "mov $0x28, %ecx; mov %ecx, %ss");
CASE("selectors of any level", "mov $0x20, %ecx; mov %ecx, %es; mov $0x79, %ecx; mov %ecx, %es; push $0x31; pop %gs; mov $0x2b, %ecx; mov %ecx, %es;"
     "push $0; pop %gs; movw $0x2a, 4(%rdi); lgs (%rdi), %ecx; push $0; pop %gs");
CASE("#SS: push", "mov $0x800000000010, %rax; mov %rax, %rsp; push %rcx");
CASE("#SS: rbp", "mov $0x800000000000, %rax; mov %rax, %rbp; mov (%rbp), %ecx");
CASE("#PF: read", "mov (%rsi), %ecx");
CASE("#PF: write", "mov %ecx, 8(%rsi)");
CASE("#PF: second page", "mov %rcx, -4(%rsi)");
CASE("#PF: in a repetition", "lea -3(%rsi), %rdi; mov $8, %ecx; rep stosb");
CASE("#PF: fetch", "mov %rsi, %rax; jmp *%rax");
CASE("#PF: across into nothing", "movw $0x8b48, -2(%rsi); lea -2(%rsi), %rax; jmp *%rax");
CASE("#MF: invalid", "fninit; movw $0x37e, (%rdi); fldcw (%rdi); fldz; fldz; fdivp; fwait");
CASE("#MF: denormal", "fninit; movw $0x37d, (%rdi); fldcw (%rdi); movl $1, (%rdi); flds (%rdi); fwait");
CASE("#MF: zero", "fninit; movw $0x37b, (%rdi); fldcw (%rdi); fld1; fldz; fdivrp; nop; fwait");
CASE("#MF: precision", "fninit; movw $0x35f, (%rdi); fldcw (%rdi); fldpi; fldl2e; fdivp; fwait");
CASE("#MF: stack", "fninit; movw $0x37e, (%rdi); fldcw (%rdi); fstp %st(0); emms");
CASE("#XM: invalid", "movl $0x1f00, (%rdi); ldmxcsr (%rdi); xorps %xmm0, %xmm0; divss %xmm0, %xmm0");
CASE("#XM: denormal", "movl $0x1e80, (%rdi); ldmxcsr (%rdi); mov $1, %eax; movd %eax, %xmm1; addss %xmm1, %xmm1");
CASE("#XM: zero", "movl $0x1d80, (%rdi); ldmxcsr (%rdi); mov $0x3f800000, %eax; movd %eax, %xmm1; xorps %xmm0, %xmm0; divss %xmm0, %xmm1");
CASE("#XM: overflow", "movl $0x1b80, (%rdi); ldmxcsr (%rdi); mov $0x7f7fffff, %eax; movd %eax, %xmm1; mulss %xmm1, %xmm1");
CASE("#XM: precision", "movl $0x0f80, (%rdi); ldmxcsr (%rdi); mov $0x1ffffff1, %eax; cvtsi2ss %eax, %xmm1");
CASE("#AC", "pushfq; orl $0x40000, (%rsp); popfq; mov 1(%rdi), %ecx");
CASE("+the low half of rax", "mov $0xf00000027, %rax; syscall; neg %eax; sar $31, %eax; mov %rax, %rcx; ud2");
CASE("#GP: a handler returns to nowhere", "ud2");
CASE("none", "nop");
__asm__(".section .vectors, \"aw\"\n .globl casesEnd\n casesEnd:\n .text");

__asm__("enter: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; mov %rsp, resume(%rip); mov %rdi, %rax; mov %rsi, %rdi; mov %rdx, %rsi; xor %ecx, %ecx; jmp *%rax\n"
        "back: mov resume(%rip), %rsp; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret");
extern void enter(const char* code, char* page, char* end);
extern char back[];
static char* pages;

static void handler(int signal, siginfo_t* info, void* context)
{
    ++signals;
    __asm__ volatile("pushfq; andl $0xfffbffff, (%%rsp); popfq" ::: "memory", "cc");
    ucontext_t* const user = context;
    greg_t* const registers = user->uc_mcontext.gregs;
    const uint64_t rip = registers[REG_RIP], address = (uint64_t)info->si_addr, nearby = rip - (uint64_t)now->from;
    printf("%-28s signal %d code %d vector %d error %#x flags %#llx", now->name, signal, info->si_code, (int)registers[REG_TRAPNO],
           (int)registers[REG_ERR], registers[REG_EFL] & 0x50100);
    if (nearby < 256) printf(" rip %+d", (int)nearby);
    else if (rip - (uint64_t)pages < 8192) printf(" rip page%+d", (int)(rip - (uint64_t)pages));
    else printf(" rip %#llx", (unsigned long long)rip);
    if (address == rip) printf(" address rip");
    else if (address - (uint64_t)pages < 8192) printf(" address page%+d", (int)(address - (uint64_t)pages));
    else printf(" address %#llx", (unsigned long long)address);
    printf(" rcx %lld\n", registers[REG_RCX] < 16 ? registers[REG_RCX] : -1);
    registers[REG_RIP] = signals == 1 && strstr(now->name, "nowhere") ? 0x800000000000 : (greg_t)back;
    registers[REG_EFL] = 0x202;
    user->uc_mcontext.fpregs->mxcsr = 0x1f80;
    user->uc_mcontext.fpregs->cwd = 0x37f;
    user->uc_mcontext.fpregs->swd = 0;
}

int main(int argc, char** argv)
{
    static char stack[65536];
    const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    pages = mmap(0, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + 4096, 4096, PROT_NONE);
    sigaltstack(&alternative, 0);
    for (const int* signal = (const int[]){SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, 0}; *signal; ++signal) sigaction(*signal, &action, 0);
    (void)argv;
    for (now = cases; now != casesEnd; ++now) {
        if (*now->name == '+' && argc < 2) continue;
        signals = 0;
        enter(now->from, pages, pages + 4096);
        if (!signals) printf("%-28s nothing\n", now->name);
        fflush(stdout);
    }
    return 0;
}
