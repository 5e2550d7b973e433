// Linux arch/x86/kernel/traps.c and the exit path of entry_64.S: user mode is left by a system call, an exception or the end
// of the quantum, and entered again after signals and rescheduling.
#include "cpu/debug.hpp"
#include "cpu/paging.hpp"
#include "kernel_model/arch/x86/kernel/entry.hpp"
#include "kernel_model/include/counts.hpp"
#include "kernel_model/include/stop.hpp"
#include "kernel_model/include/host_terminal.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/mm.hpp"
#include "kernel_model/include/user_mode.hpp"
#include "kernel_model/include/version/signal.hpp"
#include "kernel_model/kernel/posix-timers.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <algorithm>
#include <cstdio>

namespace kernel {
namespace {

void loadRegisters(const pt_regs& r) {
    cpu::Registers& c = processor().registers();
    u64* g = c.gpr;
    g[cpu::RAX] = r.ax, g[cpu::RCX] = r.cx, g[cpu::RDX] = r.dx, g[cpu::RBX] = r.bx;
    g[cpu::RSP] = r.sp, g[cpu::RBP] = r.bp, g[cpu::RSI] = r.si, g[cpu::RDI] = r.di;
    g[cpu::R8] = r.r8, g[cpu::R9] = r.r9, g[cpu::R10] = r.r10, g[cpu::R11] = r.r11;
    g[cpu::R12] = r.r12, g[cpu::R13] = r.r13, g[cpu::R14] = r.r14, g[cpu::R15] = r.r15;
    c.rip = r.ip;
    c.rflags = (r.flags | 2) & 0x3e7fd7;    // bit 1 is always set; reserved bits and VM never are. RF would end with this instruction
    c.cs = static_cast<u16>(r.cs);
    c.ss = static_cast<u16>(r.ss);
}
// SDM Vol. 3 §17.3.1.1: what a fault pushes has RF, what a trap pushes has not. At a rip that is not canonical the kernel's IRET
// has faulted, and the program's flags are as they were.
bool pushesRf(const cpu::Trap& trap, u64 rip) {
    return trap.kind == cpu::Trap::Kind::exception && cpu::isCanonical(rip) && trap.vector != cpu::VECTOR_DB &&
           trap.vector != cpu::VECTOR_BP && trap.vector != cpu::VECTOR_OF;
}
void saveRegisters(pt_regs& r, const cpu::Trap& trap) {
    const cpu::Registers& c = processor().registers();
    const u64* g = c.gpr;
    r.ax = g[cpu::RAX], r.cx = g[cpu::RCX], r.dx = g[cpu::RDX], r.bx = g[cpu::RBX];
    r.sp = g[cpu::RSP], r.bp = g[cpu::RBP], r.si = g[cpu::RSI], r.di = g[cpu::RDI];
    r.r8 = g[cpu::R8], r.r9 = g[cpu::R9], r.r10 = g[cpu::R10], r.r11 = g[cpu::R11];
    r.r12 = g[cpu::R12], r.r13 = g[cpu::R13], r.r14 = g[cpu::R14], r.r15 = g[cpu::R15];
    r.ip = c.rip;
    r.flags = c.rflags | (pushesRf(trap, c.rip) ? cpu::FLAG_RF : 0);
    r.cs = c.cs;
    r.ss = c.ss;
    r.orig_ax = NOT_A_SYSCALL;
}

const char* vectorName(unsigned vector) {
    constexpr const char* names[] = {"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "?", "#TS", "#NP",
                                     "#SS", "#GP", "#PF", "?", "#MF", "#AC", "#MC", "#XM"};
    return vector < std::size(names) ? names[vector] : "?";
}
void traceException(const cpu::Trap& trap, u64 ip) {
    using traces::Value;
    if (!traces::tracer().on(traces::Kind::exception)) return;
    traces::tracer().emit(traces::Kind::exception,
                          {{"vector", Value::count(trap.vector)}, {"name", Value::text(vectorName(trap.vector))},
                           {"error_code", Value::hex(trap.error_code)}, {"ip", Value::hex(ip)}});
}

void rememberFault(const cpu::Trap& trap) {
    current->thread.trap_nr = trap.vector;
    current->thread.error_code = trap.error_code;
    if (trap.vector == cpu::VECTOR_PF) current->thread.cr2 = trap.address;
}

// Which unmasked exception it was: bits of the x87 status word or of MXCSR (math_error).
int floatingPointCode(u32 errors) {
    if (errors & 1) return FPE_FLTINV;
    if (errors & 4) return FPE_FLTDIV;
    if (errors & 8) return FPE_FLTOVF;
    if (errors & 0x12) return FPE_FLTUND;
    return FPE_FLTRES;
}

}  // namespace

static TRACED(void, do_trap, (int, trapnr), (int, signr), (int, si_code), (u64, address)) {
    if (si_code == SI_KERNEL) force_sig(signr, current);
    else force_sig_fault(signr, si_code, address);
}

static TRACED(void, math_error, (pt_regs*, regs), (int, trapnr)) {
    const cpu::Registers& c = processor().registers();
    const u32 errors = trapnr == cpu::VECTOR_MF ? c.x87.status & ~c.x87.control : ~(c.mxcsr >> 7) & c.mxcsr;
    do_trap(trapnr, SIGFPE, floatingPointCode(errors), regs->ip);
}

static void doException(const cpu::Trap& trap, pt_regs* regs) {
    traceException(trap, regs->ip);
    rememberFault(trap);
    switch (trap.vector) {
        case cpu::VECTOR_DE: return do_trap(trap.vector, SIGFPE, FPE_INTDIV, regs->ip);
        case cpu::VECTOR_DB:                // get_si_code
            return do_trap(trap.vector, SIGTRAP, trap.address & cpu::DR6_SINGLE_STEP ? TRAP_TRACE : TRAP_BRKPT, regs->ip);
        case cpu::VECTOR_BP: return do_trap(trap.vector, SIGTRAP, SI_KERNEL, 0);
        case cpu::VECTOR_UD:
            if (trap.unsupported) noteUnsupportedInstruction(regs->ip);
            return do_trap(trap.vector, SIGILL, ILL_ILLOPN, regs->ip);
        case cpu::VECTOR_SS: return do_trap(trap.vector, SIGBUS, SI_KERNEL, 0);
        case cpu::VECTOR_AC: return do_trap(trap.vector, SIGBUS, BUS_ADRALN, 0);
        case cpu::VECTOR_MF:
        case cpu::VECTOR_XM: return math_error(regs, trap.vector);
        default: return do_trap(trap.vector, SIGSEGV, SI_KERNEL, 0);     // #GP, #OF, #BR: no address
    }
}

static void doPageFault(const cpu::Trap& trap, const pt_regs* regs) {
    using traces::Value;
    ++kernel_counts.page_faults;
    if (traces::tracer().on(traces::Kind::page_fault_user))
        traces::tracer().emit(traces::Kind::page_fault_user, {{"address", Value::hex(trap.address)}, {"ip", Value::hex(regs->ip)},
                                                              {"error_code", Value::hex(trap.error_code)}});
    version().mm.page_fault(trap.address, trap.error_code);
}

// int 0x80 enters the 32-bit system call table, which is not there: ENOSYS in eax, as a kernel without that call gives.
static void doInterrupt(const cpu::Trap& trap, pt_regs* regs) {
    char name[16];
    std::snprintf(name, sizeof name, "int 0x%x", trap.vector);
    unsupported("feature", name, "", regs->ip - 2, "ENOSYS");
    regs->ax = static_cast<u64>(-ENOSYS);
}

static u64 nextStop(u64 limit) {
    const u64 stop = std::min({limit, nextTimerInstruction(), runqueue.tick_at, terminal_check_at});
    const u64 cpu = nextCpuTimer();
    return cpu == ~u64{0} ? stop : std::min(stop, processor().instructions() + cpu);
}

// The instruction limit, a timer, a look at the terminal or the end of the quantum (scheduler_tick).
static void doTick() {
    const u64 now = processor().instructions();
    if (machine().boot.max_instructions && now >= machine().boot.max_instructions) {
        MachineEnd end;
        end.reason = MachineEnd::Reason::limit;
        end.message = "the instruction limit was reached";
        endMachine(end);
    }
    runExpiredTimers();
    run_posix_cpu_timers();
    if (now >= terminal_check_at) checkTerminal();
    if (now < runqueue.tick_at) return;
    runqueue.tick_at = now + quantumOf(current);
    runqueue.turn_over = true;
    if (!runQueueEmpty()) current->need_resched = true;
}

UserModeWatcher* userModeWatcher = nullptr;

static void exitToUser(pt_regs* regs) {
    if (current->need_resched || current->sigpending_flag || current->notify_resume) version().signal.exit_to_user_mode(regs);
    loadRegisters(*regs);
}

static void enterKernel(const cpu::Trap& trap, pt_regs* regs) {
    switch (trap.kind) {
        case cpu::Trap::Kind::syscall: return system_call(regs);
        case cpu::Trap::Kind::limit: return doTick();
        case cpu::Trap::Kind::interrupt: return doInterrupt(trap, regs);
        case cpu::Trap::Kind::exception:
            return trap.vector == cpu::VECTOR_PF ? doPageFault(trap, regs) : doException(trap, regs);
    }
}

void runUser() {
    task_struct* task = current;
    pt_regs* regs = task_pt_regs(task);
    cpu::Cpu& cpu = processor();
    const u64& instructions = *cpu.instructionCounter();
    const u64& limit = machine().boot.max_instructions;      // an observer may set it while the machine runs
    for (;;) {
        exitToUser(regs);
        if (userModeWatcher) [[unlikely]] userModeWatcher->entering();
        const u64 before = instructions;
        const cpu::Trap trap = cpu.run(nextStop(limit ? limit : ~u64{0}));
        if (userModeWatcher) [[unlikely]] userModeWatcher->left();
        task->utime += instructions - before;
        saveRegisters(*regs, trap);
        stopIfRequested();
        enterKernel(trap, regs);
    }
}

}  // namespace kernel
