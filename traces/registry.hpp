// Which objects are alive, for checks that nothing was forgotten, and which values the fields have that the trace has shown.
#pragma once

#include "traces/object.hpp"
#include "traces/state_hash.hpp"

#include <vector>

namespace traces {

std::vector<const Object*> liveObjects();   // by type and serial

// The fields of a live object that `set` events have shown since it was made, with the values that they have now. Those of a
// class that needs a destructor are gone when the object ends: then as last shown.
enum class Reading : u8 { alive, atItsEnd };
FieldValues shownFields(const Object& object, Reading reading);

}  // namespace traces
