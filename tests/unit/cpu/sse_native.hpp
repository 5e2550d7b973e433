// The oracle for SSE: this machine's processor executes the same bytes.
#pragma once

#include "traces/types.hpp"

#include <csetjmp>
#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <ucontext.h>
#include <vector>

struct SseState {
    alignas(16) u8 xmm[16][16];     // at 0
    u64 gpr[16];                    // at 256; only rax, rcx, rdx, rsi, rdi are used
    u64 rflags;                     // at 384
    u32 mxcsr;                      // at 392
    u32 vector;                     // 0, or the exception: 19, 13
};

class Native {
public:
    Native() : page_(static_cast<u8*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
        struct sigaction action{};
        action.sa_sigaction = trapped;
        action.sa_flags = SA_SIGINFO;
        for (int signal : {SIGFPE, SIGSEGV, SIGILL}) sigaction(signal, &action, &before_[signal]);
    }
    ~Native() {
        for (int signal : {SIGFPE, SIGSEGV, SIGILL}) sigaction(signal, &before_[signal], nullptr);
        munmap(page_, 4096);
    }
    Native(const Native&) = delete;

    void load(const std::vector<u8>& code) {
        std::memcpy(page_, code.data(), code.size());
        std::memset(page_ + code.size(), 0xc3, 1);
        present() = {page_, code.size(), 0, 0};
    }
    // xmm0..15, five general registers, status flags and MXCSR; a fault leaves the registers as they were.
    void run(SseState& state) {
        present().vector = 0;
        SseState* at = &state;
        u8* code = page_;
        asm volatile(
            "sub $128, %%rsp\n push %%rbx\n push %%rbp\n mov %0, %%rbx\n mov %1, %%rbp\n"
            "sub $8, %%rsp\n stmxcsr (%%rsp)\n ldmxcsr 392(%%rbx)\n"
            "movdqu 0(%%rbx), %%xmm0\n movdqu 16(%%rbx), %%xmm1\n movdqu 32(%%rbx), %%xmm2\n movdqu 48(%%rbx), %%xmm3\n"
            "movdqu 64(%%rbx), %%xmm4\n movdqu 80(%%rbx), %%xmm5\n movdqu 96(%%rbx), %%xmm6\n movdqu 112(%%rbx), %%xmm7\n"
            "movdqu 128(%%rbx), %%xmm8\n movdqu 144(%%rbx), %%xmm9\n movdqu 160(%%rbx), %%xmm10\n movdqu 176(%%rbx), %%xmm11\n"
            "movdqu 192(%%rbx), %%xmm12\n movdqu 208(%%rbx), %%xmm13\n movdqu 224(%%rbx), %%xmm14\n movdqu 240(%%rbx), %%xmm15\n"
            "push 384(%%rbx)\n popf\n"
            "mov 256(%%rbx), %%rax\n mov 264(%%rbx), %%rcx\n mov 272(%%rbx), %%rdx\n mov 304(%%rbx), %%rsi\n mov 312(%%rbx), %%rdi\n"
            "call *%%rbp\n"
            "mov %%rax, 256(%%rbx)\n mov %%rcx, 264(%%rbx)\n mov %%rdx, 272(%%rbx)\n mov %%rsi, 304(%%rbx)\n mov %%rdi, 312(%%rbx)\n"
            "pushf\n pop 384(%%rbx)\n"
            "movdqu %%xmm0, 0(%%rbx)\n movdqu %%xmm1, 16(%%rbx)\n movdqu %%xmm2, 32(%%rbx)\n movdqu %%xmm3, 48(%%rbx)\n"
            "movdqu %%xmm4, 64(%%rbx)\n movdqu %%xmm5, 80(%%rbx)\n movdqu %%xmm6, 96(%%rbx)\n movdqu %%xmm7, 112(%%rbx)\n"
            "movdqu %%xmm8, 128(%%rbx)\n movdqu %%xmm9, 144(%%rbx)\n movdqu %%xmm10, 160(%%rbx)\n movdqu %%xmm11, 176(%%rbx)\n"
            "movdqu %%xmm12, 192(%%rbx)\n movdqu %%xmm13, 208(%%rbx)\n movdqu %%xmm14, 224(%%rbx)\n movdqu %%xmm15, 240(%%rbx)\n"
            "stmxcsr 392(%%rbx)\n ldmxcsr (%%rsp)\n add $8, %%rsp\n pop %%rbp\n pop %%rbx\n add $128, %%rsp\n"
            : "+c"(at), "+d"(code)
            :
            : "rax", "rsi", "rdi", "r8", "r9", "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
              "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
        state.vector = present().vector;
        if (state.vector == 19) state.mxcsr = present().mxcsr;
    }

protected:
    struct Present {
        u8* code;
        u64 length;
        u32 vector, mxcsr;
    };
    static Present& present() {
        static Present now{};
        return now;
    }
    static void trapped(int signal, siginfo_t*, void* context) {
        ucontext_t& where = *static_cast<ucontext_t*>(context);
        greg_t& rip = where.uc_mcontext.gregs[REG_RIP];
        Present& now = present();
        if (rip != static_cast<greg_t>(reinterpret_cast<u64>(now.code))) {
            ::signal(signal, SIG_DFL);
            return;
        }
        now.vector = signal == SIGFPE ? 19 : signal == SIGILL ? 6 : 13;
        now.mxcsr = where.uc_mcontext.fpregs->mxcsr;
        rip += static_cast<greg_t>(now.length);
    }

    u8* page_;
    struct sigaction before_[32]{};
};
