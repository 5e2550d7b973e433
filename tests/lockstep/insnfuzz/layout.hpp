// Where both sides have the same memory: all below 2 GB, so that absolute and RIP-relative addresses reach it.
#pragma once

#include "cpu/physical_memory.hpp"

namespace insnfuzz {

using cpu::PAGE_SIZE;

// One page that may be executed and read, an unmapped page on both sides. The bytes beside the instruction are INT3.
constexpr u64 CODE = 0x50000000;
// Two writable pages, one that may only be read, an unmapped page on both sides.
constexpr u64 DATA = 0x60000000, DATA_PAGES = 3, WRITABLE_PAGES = 2, DATA_SIZE = DATA_PAGES * PAGE_SIZE;
// The native side's own page, which no instruction may reach.
constexpr u64 STATE = 0x30000000, STATE_SIZE = PAGE_SIZE;

}  // namespace insnfuzz
