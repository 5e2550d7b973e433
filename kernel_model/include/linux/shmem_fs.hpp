// Files in memory without a name (Linux include/linux/shmem_fs.h).
#pragma once

#include "kernel_model/include/linux/fs.hpp"

namespace kernel {

// mm/shmem.cpp: an unlinked file of that size whose pages are zero, open for reading and writing.
file* shmem_file_setup(const std::string& name, loff_t size);

}  // namespace kernel
