// What mm/smaps.cpp shows of an address space.
#pragma once

#include "kernel_model/include/linux/mm_types.hpp"

#include <string>

namespace kernel {

std::string show_smaps(const mm_struct*);
std::string show_smaps_rollup(const mm_struct*);

}  // namespace kernel
