// Guest memory in the arguments of system calls, as strace(1) shows it: read without faulting pages in.
#pragma once

#include "kernel_model/include/linux/types.hpp"

#include <string>

namespace kernel {

constexpr u64 SHOWN_BYTES = 32;                             // strace -s; paths are shown whole

std::string renderUserText(u64 address, u64 most);          // a string that ends with 0
std::string renderUserBytes(u64 address, u64 size);         // a buffer
std::string renderUserVector(u64 address, u64 count);       // buffers to be written, as an array of struct iovec names them

}  // namespace kernel
