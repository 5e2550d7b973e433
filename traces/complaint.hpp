// Whether an event is as the vocabulary says.
#pragma once

#include "traces/event.hpp"

#include <string>

namespace traces {

// Empty, or what is wrong: an attribute that is missing, unknown, of another type or out of order.
std::string complaint(const Event& event);

}  // namespace traces
