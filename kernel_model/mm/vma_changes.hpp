// How often areas of any process have come, gone or changed: for who keeps what he found out about a memory.
#pragma once

#include "traces/types.hpp"

namespace kernel {

u64 vmaChanges();       // since the program started

}  // namespace kernel
