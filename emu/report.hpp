// What execscope itself says on standard error when a run has ended.
#pragma once

#include "emu/tracing.hpp"

namespace emu {

void reportEnd(const Outcome& outcome);             // why it ended, and each thing that was missing, once
void reportStats(const Outcome& outcome);

// The mask of `-e trace=`, or the default; throws std::runtime_error when it is not understood.
u64 maskFrom(const std::string& categories, const char* by_default);

}  // namespace emu
