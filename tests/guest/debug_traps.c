// The traps of INT1, INT3 and TF: their si_code and address.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <ucontext.h>

static void handler(int signal, siginfo_t* info, void* context)
{
    greg_t* const registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    const int here = (greg_t)info->si_addr == registers[REG_RIP], stepped = (registers[REG_EFL] & 0x100) != 0;
    printf("signal %d code %d, at the next instruction %d, TF %d, error %d\n", signal, info->si_code, here, stepped, (int)registers[REG_ERR]);
    registers[REG_EFL] &= ~0x100;
    if (*(unsigned char*)registers[REG_RIP] == 0xf1) ++registers[REG_RIP];      /* under AMD's processors INT1 has not been passed */
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    __asm__ volatile(".byte 0xf1");
    __asm__ volatile("int3");
    __asm__ volatile("sub $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq; nop; nop; add $128, %%rsp" ::: "memory", "cc");
    __asm__ volatile("sub $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq; .byte 0xf1; add $128, %%rsp" ::: "memory", "cc");
    return 0;
}
