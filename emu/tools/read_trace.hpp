// A whole trace for one observer.
#pragma once

#include "emu/tools/progress.hpp"
#include "emu/tools/trace_input.hpp"

#include <functional>
#include <stdexcept>

namespace emu {

// What an observer cannot accept in a trace that is well formed line by line.
struct TraceProblem : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Every event to the observer that `begin` gives once the first one was read: a file that is no trace has no effect. Throws
// std::runtime_error with file and line, also for a TraceProblem. Warns when the trace was cut. `verb` ("exported") says in the
// progress what is done with it.
void readTrace(const std::string& path, const std::string& verb, Progress::Meanwhile meanwhile,
               const std::function<traces::Observer&()>& begin);

}  // namespace emu
