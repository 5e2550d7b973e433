// How much memory a trace may make its readers need: what a file of a few bytes claims or repeats is nobody's to lose.
#pragma once

#include "traces/types.hpp"

#include <string>

namespace emu {

// Bytes: 8 GiB, or a third of the host's memory or of RLIMIT_AS where that is less. Once for the heap, and once more for the
// page frames and tables that verify keeps.
u64 mostMemory();
u64 heapInUse();                // bytes; 0 where a sanitizer has its own heap
std::string tooMuchMemory();    // what is wrong with such a trace, in words

}  // namespace emu
