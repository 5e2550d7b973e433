// System V shared memory, between ipc/shm.cpp and the rest (Linux include/linux/shm.h).
#pragma once

#include "kernel_model/include/linux/mm_types.hpp"

#include <vector>

namespace kernel {

extern const vm_operations_struct shm_vm_ops;   // of the VMAs that shmat(2) made; open and close are called for these alone
void shm_open(vm_area_struct*);
void shm_close(vm_area_struct*);
std::vector<file*> shmFiles();                  // those that segments hold

}  // namespace kernel
