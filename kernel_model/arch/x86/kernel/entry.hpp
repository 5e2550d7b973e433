// Between the entry code, the traps and the signal frames.
#pragma once

#include "cpu/cpu.hpp"
#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

constexpr u64 USER_CODE_SELECTOR = 0x33, USER_DATA_SELECTOR = 0x2b, NOT_A_SYSCALL = ~u64{0};

[[noreturn]] void runUser();                // traps.cpp: user mode of the current task, and back, until it dies
void system_call(pt_regs*);                 // entry_64.cpp
void traceSyscallExit(const pt_regs*);
u64 signalFpuBytes();                       // i387.cpp: size of the FPU state in a signal frame
u64 signalFpuFlags();                       // and of uc_flags: UC_FP_XSTATE, if it is that of XSAVE
int save_i387_xstate(UserPtr<void>);
int restore_i387_xstate(UserPtr<void>);     // null: the initial state
long noSyscall(u64 number);                 // kernel/sys_ni.cpp: ENOSYS, and the record if Linux has the call
void noteUnsupportedInstruction(u64 address);

}  // namespace kernel
