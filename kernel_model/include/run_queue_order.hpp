// --sched: in which order runnable tasks take turns.
#pragma once

#include "traces/types.hpp"

namespace kernel {

enum class RunQueueOrder : u8 { round_robin, random };      // random: drawn from the seed
extern RunQueueOrder runQueueOrder;                         // set before start_kernel

}  // namespace kernel
