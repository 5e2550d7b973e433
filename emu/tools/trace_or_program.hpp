// The one operand that is a trace or a program: which of the two, and what to say when it is neither.
#pragma once

#include "emu/machine.hpp"

namespace emu {

// By its first bytes, of which one or the other may be damaged; by its name where these say nothing, or the file is not there.
bool isTrace(const std::string& path);

// The message of a run of `options.program` that has ended: where execve refused a file that is not made to be executed, that it
// is no trace either.
std::string endOfOperand(const Outcome& outcome, const WorldOptions& options);

}  // namespace emu
