// DR6, as a #DB reports it in Trap::address (SDM Vol. 3 §17.2.3): what INT1 leaves clear.
#pragma once

#include "traces/types.hpp"

namespace cpu {

constexpr u64 DR6_SINGLE_STEP = 0x4000;     // BS: TF was set

}  // namespace cpu
