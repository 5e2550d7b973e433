// Linux kernel/panic.c; and the end of the emulator when its own invariants are broken.
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/init/init.hpp"
#include "traces/json_writer.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace kernel {

static void tracePanic(const std::string& fmt);
void panic(const std::string& message) {
    tracePanic(message);
    MachineEnd end;
    end.reason = MachineEnd::Reason::panic;
    end.message = message;
    endMachine(end);
}
static void tracePanic(const std::string& fmt) {
    if (traces::tracer().on(traces::Kind::call)) traces::CallScope{"panic", {{"fmt", traces::Value::text(fmt)}}};
}

// Where each task sleeps: in which system call.
std::string sleepers() {
    constexpr std::size_t most = 16;
    std::vector<std::string> all;
    for (const task_struct* leader : all_tasks()) {
        for (const task_struct* t : leader->thread_group) {
            if (t->flags & PF_KTHREAD || t->exit_state.get()) continue;
            const char* name = syscallNameOfLinux(t->regs.orig_ax);
            all.push_back("pid " + std::to_string(t->pid) + " (" + t->comm.get() + ") in " + (name ? name : "the kernel"));
        }
    }
    std::string text;
    for (std::size_t i = 0; i < std::min(all.size(), most); ++i) text += (i ? ", " : "") + all[i];
    return all.size() > most ? text + ", and " + std::to_string(all.size() - most) + " more" : text;
}

void brokenInvariant(const char* what, const char* file, int line) {
    std::fprintf(stderr, "execscope: internal error: the invariant \"%s\" is broken (%s:%d)\n", what, file, line);
    if (current_task)
        std::fprintf(stderr, "execscope: current task: pid %d (%s), user ip 0x%llx, syscall %lld; trace events so far: %llu\n",
                     current_task->pid.get(), current_task->comm.get().c_str(),
                     static_cast<unsigned long long>(current_task->regs.ip), static_cast<long long>(current_task->regs.orig_ax),
                     static_cast<unsigned long long>(traces::tracer().emitted()));
    std::fprintf(stderr, "execscope: this is a bug in execscope; the trace file holds the events before it\n");
    traces::flushWriters();
    std::abort();
}

}  // namespace kernel
