// A check of our own bookkeeping, for builds that look for defects: what is still there when the last process is gone.
#pragma once

#include <string>
#include <vector>

namespace kernel {

// After start_kernel, when init has powered the machine off. Objects of processes that no task has, and reference counts that
// do not say how many have them. Empty: all is well, or other processes than init and kthreadd were still there.
std::vector<std::string> leftovers();

}  // namespace kernel
