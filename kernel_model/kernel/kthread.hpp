// The functions of the two tasks that boot creates.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

int kthreadd(ThreadArgument);            // pid 2, kernel/kthread.cpp
int kernel_init(ThreadArgument);         // pid 1, init/main.cpp

}  // namespace kernel
