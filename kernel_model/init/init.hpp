// Between the files of init/.
#pragma once

#include "kernel_model/include/linux/types.hpp"

#include <string>

namespace kernel {

void setUpInitTask();           // init_task.cpp

// main.cpp: steps of start_kernel.
void setup_arch();
void trap_init();
void mm_init();
void sched_init();
void anon_vma_init();
void cred_init();
void fork_init(u64 mempages);
void proc_caches_init();
void vfs_caches_init();
void signals_init();
void startFirstTasks();         // what rest_init begins with: pid 1, pid 2, and pid 1 may go on
[[noreturn]] void cpu_startup_entry();
std::string sleepers();         // kernel/panic.cpp: every task and the system call that it sleeps in

}  // namespace kernel
