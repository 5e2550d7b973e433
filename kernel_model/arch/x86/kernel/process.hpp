// What both versions' copy_thread and arch_prctl are made of.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

constexpr int ARCH_SET_GS = 0x1001, ARCH_SET_FS = 0x1002, ARCH_GET_FS = 0x1003, ARCH_GET_GS = 0x1004;
long segmentBase(task_struct*, int code, u64 address);
void copyKernelThread(task_struct*, KernelThreadFunction, ThreadArgument);
void copyUserThread(task_struct*, u64 sp);  // sp 0: the parent's

}  // namespace kernel
