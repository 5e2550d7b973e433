// The functions of the two tasks that boot creates.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

#include <functional>

namespace kernel {

int kthreadd(ThreadArgument);            // pid 2, kernel/kthread.cpp
int kernel_init(ThreadArgument);         // pid 1, init/main.cpp
void queueKernelWork(std::function<void()>);    // kthreadd does it, one after the other

}  // namespace kernel
