// Memory for the first allocations of the process. A start makes some two thousand small ones: in pages of their own, each page would
// cost the host a fault, a fortieth of a start in all; in memory that is there anyway they cost none.
#pragma once

#include "traces/types.hpp"

#include <span>

namespace emu {

// operator new takes from `room`, which stays until the process ends, as long as something is left of it; what comes from there is not
// used a second time. To be called before there is a second thread. Only the first room counts: false when there is one already, and
// with a sanitizer, which watches the heap.
bool allocateFirstFrom(std::span<u8> room) noexcept;
bool takesFirstRoom() noexcept;      // it would be true

}  // namespace emu
