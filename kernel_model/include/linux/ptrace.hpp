// Who may look into a process (Linux kernel/ptrace.c; ptrace(2), "Ptrace access mode checking").
#pragma once

#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

constexpr u32 PTRACE_MODE_READ = 1, PTRACE_MODE_ATTACH = 2, PTRACE_MODE_FSCREDS = 8, PTRACE_MODE_REALCREDS = 16;
bool ptrace_may_access(task_struct*, u32 mode);         // v3.10 knows the first two only and asks for the real ids

}  // namespace kernel
