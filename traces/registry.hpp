// Which objects are alive, for checks that nothing was forgotten.
#pragma once

#include "traces/object.hpp"

#include <vector>

namespace traces {

std::vector<const Object*> liveObjects();   // by type and serial

}  // namespace traces
