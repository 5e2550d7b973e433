// Core dumps as v3.10 makes them (fs/coredump.c).
#pragma once

#include "kernel_model/include/linux/coredump.hpp"

namespace kernel::v3_10 {

void do_coredump(const kernel_siginfo&);    // of current's group, which ends with that signal
void exitDuringDump(task_struct*);          // exit_mm: waits for the dump of the address space, when there is one
bool dump_write(file*, std::span<const u8> data);
bool dump_seek(file*, u64 bytes);           // leaves a hole

}  // namespace kernel::v3_10
