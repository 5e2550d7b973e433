// Linux v3.10, between the files of its signals.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

namespace kernel::v3_10 {

int get_signal_to_deliver(ksignal*);        // the next signal that has a handler, 0 when there is none
void exitToUserMode(pt_regs*);              // the exit path of entry_64.S
long rt_sigreturn();

}  // namespace kernel::v3_10
