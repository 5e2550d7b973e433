// Which numbers Linux knows, beyond those that are in the table.
#pragma once

#include "traces/types.hpp"

namespace kernel {

bool inProfile(u64 number);                 // v3.10 has it and does something

}  // namespace kernel
