// Core dumps (Linux include/linux/coredump.h): fs/coredump.cpp.
#pragma once

#include "kernel_model/include/linux/signal.hpp"

namespace kernel {

void do_coredump(const kernel_siginfo&);    // of current's group, which ends with that signal

}  // namespace kernel
