// arch/x86/kernel/process.c and process_64.c: what exec does to the registers and where the stack and the heap begin.
#include "kernel_model/arch/x86/mm/pkeys.hpp"
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/machine.hpp"

namespace kernel {

constexpr u64 USER_CS = 0x33, USER_DS = 0x2b;

static void clearSegments(cpu::Registers& user) {
    assign(user.fs, "thread.fsindex", u16{0});
    assign(user.gs, "thread.gsindex", u16{0});
    assign(user.ds, "thread.ds", u16{0});
    assign(user.es, "thread.es", u16{0});
    assign(user.fs_base, "thread.fs", u64{0});
    assign(user.gs_base, "thread.gs", u64{0});
}

// FPU, SSE and AVX state as after FNINIT and with MXCSR 0x1f80 (SDM Vol. 1 §8.1, §11.6.4). TLS entries are 32-bit programs'.
void resetFpu() {
    cpu::Registers& user = current->thread.user;
    const cpu::Registers initial;
    assign(user.mxcsr, "thread.fpu.mxcsr", initial.mxcsr);
    assign(user.x87.control, "thread.fpu.cwd", initial.x87.control);
    assign(user.x87.status, "thread.fpu.swd", initial.x87.status);
    assign(user.x87.tags, "thread.fpu.twd", initial.x87.tags);
    user.x87 = initial.x87;
    for (int i = 0; i < 16; ++i) user.ymm[i] = initial.ymm[i];
    assign(user.pkru, "thread.pkru", initialPkru());
    processor().registers().pkru = user.pkru;       // the kernel's own accesses obey it
}

TRACED(void, flush_thread) { resetFpu(); }

TRACED(void, set_personality_64bit) { current->personality &= ~READ_IMPLIES_EXEC; }

// arch/x86/include/asm/elf.h: an ELF program starts with zeros in its registers. rdx = 0: no function to register with
// atexit (System V ABI AMD64, "Process Initialization").
void ELF_PLAT_INIT(pt_regs* regs) {
    struct Register { u64 pt_regs::*field; const char* name; };
    constexpr Register cleared[] = {
        {&pt_regs::ax, "regs.ax"}, {&pt_regs::bx, "regs.bx"}, {&pt_regs::cx, "regs.cx"}, {&pt_regs::dx, "regs.dx"},
        {&pt_regs::si, "regs.si"}, {&pt_regs::di, "regs.di"}, {&pt_regs::bp, "regs.bp"}, {&pt_regs::r8, "regs.r8"},
        {&pt_regs::r9, "regs.r9"}, {&pt_regs::r10, "regs.r10"}, {&pt_regs::r11, "regs.r11"}, {&pt_regs::r12, "regs.r12"},
        {&pt_regs::r13, "regs.r13"}, {&pt_regs::r14, "regs.r14"}, {&pt_regs::r15, "regs.r15"},
    };
    for (const Register& r : cleared) assign(regs->*r.field, r.name, u64{0});
    clearSegments(current->thread.user);
}

static TRACED(void, start_thread_common, (pt_regs*, regs), (u64, new_ip), (u64, new_sp), (u64, cs), (u64, ss), (u64, ds)) {
    clearSegments(current->thread.user);
    assign(regs->ip, "regs.ip", new_ip);
    assign(regs->sp, "regs.sp", new_sp);
    assign(regs->cs, "regs.cs", cs);
    assign(regs->ss, "regs.ss", ss);
    assign(regs->flags, "regs.flags", cpu::FLAG_IF);
}

TRACED(void, start_thread, (pt_regs*, regs), (u64, new_ip), (u64, new_sp)) {
    start_thread_common(regs, new_ip, new_sp, USER_CS, USER_DS, 0);
}

TRACED(u64, arch_align_stack, (u64, sp)) {
    if (!(current->personality & ADDR_NO_RANDOMIZE) && randomize_va_space()) sp -= randomU64("arch_align_stack") % 8192;
    return sp & ~u64{0xf};
}

}  // namespace kernel
