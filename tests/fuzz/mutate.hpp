// Changes an input in a way that an ELF loader notices.
#pragma once

#include "traces/types.hpp"

#include <span>

namespace fuzz {

// One random change of `bytes` in place, of which the first `size` are used; returns the new size, at most bytes.size().
// Equal seeds give equal changes.
std::size_t mutateInput(std::span<u8> bytes, std::size_t size, unsigned seed);

}  // namespace fuzz
