// Operations of the character devices, by minor number.
#pragma once

#include "kernel_model/include/linux/fs.hpp"

namespace kernel {

file_operations* memoryDevice(u32 minor);   // major 1; null: no such device
file_operations* ttyDevice(u32 minor);      // major 5: 0 tty, 1 console, 2 ptmx
void mountDevpts(dentry* where);            // fs/devpts/inode.cpp

}  // namespace kernel
