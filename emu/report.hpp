// What execscope itself says on standard error when a run has ended.
#pragma once

#include "emu/tracing.hpp"

namespace emu {

void reportEnd(const Outcome& outcome);             // why it ended, and each thing that was missing, once
// Throws std::runtime_error for the errno of a failed write; a closed pipe is the reader's wish and stays quiet.
void checkWritten(const std::string& what, int error);
void reportStats(const Outcome& outcome);

// The mask of `-e trace=`, or the default; throws std::runtime_error when it is not understood.
u64 maskFrom(const std::string& categories, const char* by_default);

}  // namespace emu
