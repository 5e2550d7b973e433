// The families of instructions, one per file, named after SDM Vol. 1 chapter 5.
#pragma once

#include "cpu/lower.hpp"

#include <vector>

namespace cpu {

Family dataTransfer();
Family binaryArithmetic();
Family logical();
Family controlTransfer();
// Vector families (insn/sse*.cpp) go here as they are written.

inline std::vector<Family> families() {
    return {dataTransfer(), binaryArithmetic(), logical(), controlTransfer()};
}

}  // namespace cpu
