// The model is an Intel processor (CPUID says so). On one of AMD's, what the two makers do differently is no finding.
#pragma once

#include "tests/lockstep/insnfuzz/compare.hpp"

namespace insnfuzz {

// Asked of a case in which the two sides differ: what this processor does in another way, or null. Always null on one of Intel's.
const char* dialect(const Instruction& insn, const Sides& sides);

}  // namespace insnfuzz
