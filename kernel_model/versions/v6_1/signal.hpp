// Linux 6.1, between the files of its signals.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

namespace kernel::v6_1 {

bool get_signal(ksignal*);                  // the next signal that has a handler; false when there is none
void exitToUserMode(pt_regs*);              // kernel/entry/common.c
long rt_sigreturn();

}  // namespace kernel::v6_1
