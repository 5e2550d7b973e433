// Linux arch/x86/kernel/entry_64.S: the way into a system call, and where a new kernel stack begins.
#include "kernel_model/arch/x86/kernel/entry.hpp"
#include "kernel_model/include/counts.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/kernel/trace_syscalls.hpp"

#include <cstring>
#include <new>

namespace kernel {
namespace {

struct Arguments {                          // the registers of a call, in order
    std::array<u64, 6> raw;
};
traces::Value traceValue(const Arguments* a) {
    std::vector<traces::Value> all;
    for (const u64 v : a->raw) all.push_back(traces::Value::hex(v));
    return traces::Value::list(std::move(all));
}

const char* syscallName(u64 nr) {
    const char* name = syscallNameOfLinux(nr);
    return name ? name : "unknown";
}
// Of a buffer that the call reads, its bytes: the next argument is its size.
std::string shownArgument(const SyscallDefinition& definition, const Arguments& args, std::size_t n) {
    const SyscallArgument& argument = definition.arguments[n];
    const bool vector = n == 1 && (!std::strcmp(definition.name, "writev") || !std::strcmp(definition.name, "pwritev"));
    if (vector) return renderUserVector(args.raw[n], args.raw[n + 1]);
    const bool buffer = !std::strcmp(argument.type, "Bytes<const char>") && n + 1 < static_cast<std::size_t>(definition.argument_count);
    return buffer && args.raw[n] ? renderUserBytes(args.raw[n], args.raw[n + 1]) : argument.render(args.raw[n]);
}

void traceEnter(u64 nr, const SyscallDefinition* definition, const Arguments& args) {
    using traces::Value;
    std::vector<Value> shown, registers;
    const int count = definition ? definition->argument_count : 6;
    for (int i = 0; i < count; ++i) {
        const auto n = static_cast<std::size_t>(i);
        shown.push_back(Value::text(definition ? shownArgument(*definition, args, n) : renderPointer(args.raw[n])));
        registers.push_back(Value::hex(args.raw[n]));
    }
    traces::tracer().emit(traces::Kind::sys_enter, {{"nr", Value::count(static_cast<i64>(nr))}, {"name", Value::text(syscallName(nr))},
                                                    {"args", Value::list(std::move(shown))}, {"raw", Value::list(std::move(registers))}});
}
bool returnsAddress(const char* name) {
    return !std::strcmp(name, "mmap") || !std::strcmp(name, "brk") || !std::strcmp(name, "mremap") || !std::strcmp(name, "shmat");
}

// The stubs complete pt_regs for the calls that read or replace all of it; here it always is complete.
static TRACED(long, stub_fork) { return syscallByNumber(57)->handler({}); }
static TRACED(long, stub_vfork) { return syscallByNumber(58)->handler({}); }
static TRACED(long, stub_clone, (const Arguments*, args)) { return syscallByNumber(56)->handler(args->raw); }
static TRACED(long, stub_rt_sigreturn) { return syscallByNumber(15)->handler({}); }
static TRACED(long, stub_execve, (const Arguments*, args)) {
    current->thread.user = processor().registers();
    const long result = syscallByNumber(59)->handler(args->raw);
    if (result == 0) processor().registers() = current->thread.user;
    return result;
}
long dispatch(u64 nr, const SyscallDefinition* definition, const Arguments& args) {
    switch (nr) {
        case 15: return stub_rt_sigreturn();
        case 56: return stub_clone(&args);
        case 57: return stub_fork();
        case 58: return stub_vfork();
        case 59: return stub_execve(&args);
        default: return definition->handler(args.raw);
    }
}

// arch/x86/entry/common.c, do_syscall_64: v6.1 takes the low half of rax, sign-extended.
u64 numberOf(const pt_regs* regs) {
    return version().process.callNumberIsInt ? static_cast<u64>(i64{static_cast<i32>(regs->orig_ax)}) : regs->orig_ax;
}

}  // namespace

std::string errnoName(int error) {
    switch (error) {
        case ERESTARTSYS: return "ERESTARTSYS";
        case ERESTARTNOINTR: return "ERESTARTNOINTR";
        case ERESTARTNOHAND: return "ERESTARTNOHAND";
        case ERESTART_RESTARTBLOCK: return "ERESTART_RESTARTBLOCK";
        default: break;
    }
    const char* name = strerrorname_np(error);
    return name ? name : std::to_string(error);
}

void traceSyscallExit(const pt_regs* regs) {
    using traces::Value;
    if (!traces::tracer().on(traces::Kind::sys_exit)) return;
    const u64 nr = numberOf(regs);
    const char* name = syscallName(nr);
    const i64 result = static_cast<i64>(regs->ax);
    const bool failed = result < 0 && result >= -4095;
    std::vector<traces::Attr> attrs{{"nr", Value::count(static_cast<i64>(nr))}, {"name", Value::text(name)},
                                    {"result", returnsAddress(name) && !failed ? Value::hex(regs->ax) : Value::count(result)}};
    if (failed) attrs.push_back({"errno", Value::text(errnoName(static_cast<int>(-result)))});
    traces::tracer().emit(traces::Kind::sys_exit, std::move(attrs));
}

void system_call(pt_regs* regs) {
    regs->orig_ax = regs->ax;
    const u64 nr = numberOf(regs);
    ++kernel_counts.syscalls;
    const SyscallDefinition* definition = syscallByNumber(nr);
    const Arguments args{{regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9}};
    if (traces::tracer().on(traces::Kind::sys_enter)) [[unlikely]] traceEnter(nr, syscallOfAnyVersion(nr), args);
    regs->ax = static_cast<u64>(definition ? dispatch(nr, definition, args) : noSyscall(nr));
    if (regs->orig_ax == NOT_A_SYSCALL) {   // rt_sigreturn replaced all of it
        if (traces::tracer().on(traces::Kind::sys_exit)) {
            pt_regs shown = *regs;
            shown.orig_ax = nr;
            traceSyscallExit(&shown);
        }
        return;
    }
    traceSyscallExit(regs);
}

// Where a new task starts after the first switch to it.
static TRACED(void, ret_from_fork) {
    version().process.schedule_tail(runqueue.prev);
    if (current->kthread_function) current->kthread_function.call(current->kthread_argument);
    else traceSyscallExit(current_pt_regs());
}

void taskMain() {
    bool host_is_full = false;
    try {
        ret_from_fork();
        // A kernel thread's function came back: it has become a user program (kernel_init).
        if (std::exchange(current->kthread_function, {})) processor().registers() = current->thread.user;
        runUser();
    } catch (const TaskDead&) {
    } catch (const std::bad_alloc&) {
        host_is_full = true;
    }
    if (host_is_full) panic("the host has no memory left for what this guest asks of the kernel");
    version().process.lastSwitch();
    BUG_ON("a dead task was scheduled");
    __builtin_unreachable();
}

}  // namespace kernel
