// Everything in execscope that reads a trace, on one input.
#pragma once

#include "traces/types.hpp"

#include <string>
#include <string_view>

namespace fuzz {

// verify, tree, diff, explain and every export of `trace`. They may refuse it with a message; anything else is a finding.
void readAsTrace(std::string_view trace);

// Random changes, as its form allows: lines, compact records, either of them compressed. Equal seeds give equal changes.
std::string changedTrace(std::string trace, unsigned seed);

// A small program, recorded with everything. Once in a process.
std::string recordedTrace();

}  // namespace fuzz
