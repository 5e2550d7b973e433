// Every address space in use, for what Linux finds through a file's mappings or through all threads.
#pragma once

#include "kernel_model/include/linux/sched.hpp"

#include <vector>

namespace kernel {

task_struct* find_lock_task_mm(const task_struct* leader);     // a thread that still has its mm; null: none has
std::vector<mm_struct*> allMms();                               // each once, in order of the tasks' creation

}  // namespace kernel
