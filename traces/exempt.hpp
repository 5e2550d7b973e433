// What in a trace is told to a reader but is no state of the machine: execscope verify cannot find a change of it.
#pragma once

#include "traces/vocabulary.hpp"

namespace traces {

struct Exempt {
    Kind kind;
    std::string_view attrs;     // names, separated by spaces; "*": all
    std::string_view why;
    bool in_part = false;       // only where the reason says so; elsewhere a change is found
};

std::span<const Exempt> exempt() noexcept;
bool isExempt(Kind kind, std::string_view attr) noexcept;     // wholly
std::string exemptReference();  // Markdown

}  // namespace traces
