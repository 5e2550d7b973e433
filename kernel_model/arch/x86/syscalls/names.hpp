// Which numbers Linux knows, beyond those that are in the table.
#pragma once

#include "traces/types.hpp"

namespace kernel {

bool inProfile(u64 number);                 // the present version has it and does something

}  // namespace kernel
