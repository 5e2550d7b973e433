// The oracle for x87: this machine's processor executes the same bytes between FXRSTOR64 and FXSAVE64.
#pragma once

#include "traces/types.hpp"

#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <ucontext.h>
#include <vector>

struct X87State {
    alignas(16) u8 image[512];      // FXSAVE64
    u64 rax, rsi, rflags;
    u32 vector;                     // 0 or 16
};

class NativeX87 {
public:
    NativeX87() : page_(static_cast<u8*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
        struct sigaction action{};
        action.sa_sigaction = trapped;
        action.sa_flags = SA_SIGINFO;
        sigaction(SIGFPE, &action, &before_);
    }
    ~NativeX87() {
        sigaction(SIGFPE, &before_, nullptr);
        munmap(page_, 4096);
    }
    NativeX87(const NativeX87&) = delete;

    void load(const std::vector<u8>& code) {
        std::memcpy(page_, code.data(), code.size());
        page_[code.size()] = 0xc3;
        present() = {page_, code.size(), 0};
    }
    u64 address() const { return reinterpret_cast<u64>(page_); }
    void run(X87State& state) {
        present().vector = 0;
        u64 flags = state.rflags;
        asm volatile("lea -128(%%rsp), %%rsp\n fxrstor64 (%[image])\n push %[flags]\n popf\n call *%[code]\n"
                     "pushf\n pop %[flags]\n fxsave64 (%[image])\n fninit\n lea 128(%%rsp), %%rsp"
                     : [flags] "+b"(flags), "+a"(state.rax)
                     : [image] "r"(state.image), "S"(state.rsi), [code] "r"(page_)
                     : "cc", "memory", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "xmm0", "xmm1", "xmm2", "xmm3",
                       "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
        state.rflags = flags;
        state.vector = present().vector;
    }

private:
    struct Present {
        u8* code;
        u64 length;
        u32 vector;
    };
    static Present& present() {
        static Present now{};
        return now;
    }
    static void trapped(int signal, siginfo_t*, void* context) {
        greg_t& rip = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
        Present& now = present();
        if (rip != static_cast<greg_t>(reinterpret_cast<u64>(now.code))) {
            ::signal(signal, SIG_DFL);
            return;
        }
        now.vector = 16;
        rip += static_cast<greg_t>(now.length);
    }

    u8* page_;
    struct sigaction before_{};
};
