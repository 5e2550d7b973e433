// One JSON text into a Value: integers of 64 bits only, limited depth and number of values, no key twice in an object.
#pragma once

#include "traces/event.hpp"

#include <string>

namespace traces {

struct ParseResult {
    Value value;
    std::string error;   // empty: it was read
};
ParseResult parseJson(std::string_view text, std::size_t deepest);

}  // namespace traces
