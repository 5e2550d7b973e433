// Core dumps as 6.1 makes them (fs/coredump.c).
#pragma once

#include "kernel_model/include/linux/coredump.hpp"

namespace kernel::v6_1 {

void do_coredump(const kernel_siginfo&);    // of current's group, which ends with that signal
void coredump_task_exit(task_struct*);      // do_exit: waits for the dump of the group, when there is one
// Each false: the limit is reached, or the dump was interrupted.
bool dump_emit(coredump_params*, std::span<const u8> data);
void dump_skip(coredump_params*, u64 bytes);            // leaves a hole
void dump_skip_to(coredump_params*, u64 pos);
bool dump_align(coredump_params*, u64 align);
bool dump_user_range(coredump_params*, u64 start, u64 bytes);

}  // namespace kernel::v6_1
