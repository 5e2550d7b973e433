#include "tests/lockstep/insnfuzz/host.hpp"

#include "cpu/paging.hpp"
#include "tests/lockstep/insnfuzz/image.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

namespace insnfuzz {

namespace {

// The page at STATE; the assembly below knows the offsets.
struct Shared {
    u64 gpr[16], flags, code, fs, gs;               // 0x00 0x80 0x88 0x90 0x98
    u64 hostStack, hostFs, hostGs, running;         // 0xa0 0xa8 0xb0 0xb8
    u64 unused[8];
    u64 gprOut[16], flagsOut, fsOut, gsOut, exit;   // 0x100 0x180 0x188 0x190 0x198
    u64 ripOut, trapped, vector, error, address;
    u64 filler[7];
    u64 more[64];
    Image in, filled;                               // 0x400
    Image out;
};
static_assert(offsetof(Shared, gprOut) == 0x100 && offsetof(Shared, exit) == 0x198 && offsetof(Shared, in) == 0x400);
static_assert(offsetof(Shared, out) == 0xa80 && sizeof(Shared) <= STATE_SIZE);

Shared& shared() { return *reinterpret_cast<Shared*>(STATE); }

}  // namespace

asm(R"(
    .pushsection .text
    .set S, 0x30000000
insnfuzz_enter:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, S+0xa0
    mov $7, %eax
    xor %edx, %edx
    mov $S+0x400, %ecx
    xrstor64 (%rcx)
    mov S+0x90, %rax
    wrfsbase %rax
    mov S+0x98, %rax
    wrgsbase %rax
    pushq S+0x80
    popfq
    mov S+0x00, %rax
    mov S+0x08, %rcx
    mov S+0x10, %rdx
    mov S+0x18, %rbx
    mov S+0x20, %rsp
    mov S+0x28, %rbp
    mov S+0x30, %rsi
    mov S+0x38, %rdi
    mov S+0x40, %r8
    mov S+0x48, %r9
    mov S+0x50, %r10
    mov S+0x58, %r11
    mov S+0x60, %r12
    mov S+0x68, %r13
    mov S+0x70, %r14
    mov S+0x78, %r15
    jmp *S+0x88
insnfuzz_exit:
    mov %rax, S+0x100
    mov %rcx, S+0x108
    mov %rdx, S+0x110
    mov %rbx, S+0x118
    mov %rsp, S+0x120
    mov %rbp, S+0x128
    mov %rsi, S+0x130
    mov %rdi, S+0x138
    mov %r8, S+0x140
    mov %r9, S+0x148
    mov %r10, S+0x150
    mov %r11, S+0x158
    mov %r12, S+0x160
    mov %r13, S+0x168
    mov %r14, S+0x170
    mov %r15, S+0x178
    mov S+0xa0, %rsp
    pushfq
    popq S+0x180
    pushq $0x202
    popfq
    rdfsbase %rax
    mov %rax, S+0x188
    mov S+0xa8, %rax
    wrfsbase %rax
    rdgsbase %rax
    mov %rax, S+0x190
    mov S+0xb0, %rax
    wrgsbase %rax
    mov $7, %eax
    xor %edx, %edx
    mov $S+0xa80, %ecx
    xsave64 (%rcx)
insnfuzz_leave:
    mov S+0xa0, %rsp
    fninit
    pushq $0x1f80
    ldmxcsr (%rsp)
    add $8, %rsp
    vzeroupper
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
insnfuzz_signal:
    pushq $0x202
    popfq
    rdfsbase %rax
    mov %rax, S+0x188
    mov S+0xa8, %rax
    wrfsbase %rax
    rdgsbase %rax
    mov %rax, S+0x190
    mov S+0xb0, %rax
    wrgsbase %rax
    jmp insnfuzzTrapped
    .popsection
)");

extern "C" {
void insnfuzz_enter();
void insnfuzz_exit();
[[noreturn]] void insnfuzz_leave();
void insnfuzz_signal(int, siginfo_t*, void*);
void insnfuzzTrapped(int signal, siginfo_t*, void* context);
}

// On the alternate stack; leaves by a jump, without the cost of rt_sigreturn.
void insnfuzzTrapped(int signal, siginfo_t*, void* context) {
    Shared& s = shared();
    if (!s.running) {
        ::signal(signal, SIG_DFL);
        return;
    }
    const mcontext_t& m = static_cast<ucontext_t*>(context)->uc_mcontext;
    constexpr int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                               REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    for (unsigned i = 0; i < 16; ++i) s.gprOut[i] = static_cast<u64>(m.gregs[order[i]]);
    s.flagsOut = static_cast<u64>(m.gregs[REG_EFL]);
    s.ripOut = static_cast<u64>(m.gregs[REG_RIP]);
    s.vector = static_cast<u64>(m.gregs[REG_TRAPNO]);
    s.error = static_cast<u64>(m.gregs[REG_ERR]);
    s.address = static_cast<u64>(m.gregs[REG_CR2]);
    s.trapped = 1;
    std::memcpy(&s.out, m.fpregs, sizeof s.out);
    insnfuzz_leave();
}

namespace {

u8* mapTwice(u64 address, u64 size, int protection) {
    const int file = memfd_create("insnfuzz", 0);
    if (file < 0 || ftruncate(file, static_cast<off_t>(size))) throw std::runtime_error("memfd_create failed");
    void* fixed = mmap(reinterpret_cast<void*>(address), size, protection, MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
    void* alias = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (fixed != reinterpret_cast<void*>(address) || alias == MAP_FAILED) throw std::runtime_error("the addresses are taken");
    return static_cast<u8*>(alias);
}

}  // namespace

Host::Host(cpu::Level level) : level_(level) {
    code_ = mapTwice(CODE, PAGE_SIZE, PROT_READ | PROT_EXEC);
    data_ = mapTwice(DATA, DATA_SIZE, PROT_READ | PROT_WRITE);
    mprotect(reinterpret_cast<void*>(DATA + WRITABLE_PAGES * PAGE_SIZE), DATA_SIZE - WRITABLE_PAGES * PAGE_SIZE, PROT_READ);
    for (u64 page = 0; page < DATA_PAGES; ++page) static_cast<void>(*reinterpret_cast<volatile u8*>(DATA + page * PAGE_SIZE));
    mlock(reinterpret_cast<void*>(DATA), DATA_SIZE);        // the error code of a #PF says what is present
    void* state = mmap(reinterpret_cast<void*>(STATE), STATE_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (state != reinterpret_cast<void*>(STATE)) throw std::runtime_error("the address of the state is taken");
    Shared& s = shared();
    asm volatile("rdfsbase %0\n rdgsbase %1" : "=r"(s.hostFs), "=r"(s.hostGs));
    s.exit = reinterpret_cast<u64>(insnfuzz_exit);
    constexpr u64 ALTERNATE = 1 << 16;
    stack_t stack{};
    stack.ss_sp = mmap(nullptr, ALTERNATE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack.ss_size = ALTERNATE;
    sigaltstack(&stack, nullptr);
    struct sigaction action {};
    action.sa_sigaction = insnfuzz_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    for (int number : {SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS}) sigaction(number, &action, nullptr);
}

void Host::place(std::span<const u8> instruction, u64 offset) {
    constexpr u8 INT3 = 0xcc, TO_EXIT[] = {0xff, 0x24, 0x25, 0x98, 0x01, 0x00, 0x30};      // jmp [STATE + 0x198]
    std::memset(code_ + at_, INT3, end_ - at_);
    if (!end_) std::memset(code_, INT3, PAGE_SIZE);
    at_ = offset;
    end_ = std::min(offset + instruction.size(), PAGE_SIZE);
    std::memcpy(code_ + offset, instruction.data(), end_ - offset);
    if (end_ + sizeof TO_EXIT > PAGE_SIZE) return;
    std::memcpy(code_ + end_, TO_EXIT, sizeof TO_EXIT);
    end_ += sizeof TO_EXIT;
}

void Host::run(const cpu::Registers& before, bool breakpoint, Outcome& out) {
    Shared& s = shared();
    std::memcpy(s.gpr, before.gpr, sizeof s.gpr);
    s.flags = before.rflags;
    s.fs = before.fs_base;
    s.gs = before.gs_base;
    s.code = before.rip;
    toImage(before, s.in);
    s.trapped = 0;
    s.running = 1;
    insnfuzz_enter();
    s.running = 0;
    out.after = before;
    std::memcpy(out.after.gpr, s.gprOut, sizeof s.gprOut);
    out.after.rflags = s.flagsOut & ~cpu::FLAG_RF;      // pushed by a fault (SDM Vol. 3 §17.3.1.1)
    out.after.fs_base = s.fsOut;
    out.after.gs_base = s.gsOut;
    fromImage(s.out, out.after);
    if (level_ < cpu::Level::v3) out.after.x87.operand = 0;     // this host keeps it for unmasked exceptions only, as v3 does
    out.trap = {};
    out.after.rip = s.ripOut;
    if (!s.trapped) {
        constexpr u64 EXIT_BYTES = 7;
        out.after.rip = CODE + end_ - EXIT_BYTES;
        return;
    }
    // Behind a branch, and behind an instruction that ends with the page: the next instruction trapped, not this one.
    const bool fetched = s.vector == cpu::VECTOR_PF && s.error & cpu::PF_INSTRUCTION && s.ripOut == s.address && s.ripOut != before.rip;
    if (fetched) return;
    if (s.vector == cpu::VECTOR_BP && !breakpoint) {
        --out.after.rip;
        return;
    }
    out.trap = {cpu::Trap::Kind::exception, static_cast<u8>(s.vector), static_cast<u32>(s.error), 0, false};
    if (s.vector == cpu::VECTOR_PF) out.trap.address = s.address;
}

}  // namespace insnfuzz
