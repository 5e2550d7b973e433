// What of a world's options a trace's header tells, and how --replay takes it from there.
#pragma once

#include "emu/host_terminal.hpp"
#include "emu/options.hpp"
#include "traces/event.hpp"

#include <set>

namespace emu {

// The items of the header's `options` for what is not as it is without an option. Files of the host have no names there.
traces::Value worldOptions(const WorldOptions& world);

// Its item `terminal`: which of the streams are one, and its size; without one, nothing. The other way round throws
// std::runtime_error where the item is none.
traces::Value describeScreens(const Screens& screens);
Screens recordedScreens(const traces::Event& header);

// Sets what the header tells and no option of `given` ("--uid") does. Throws std::runtime_error where the header tells what no option can.
void takeWorld(const traces::Event& header, const std::set<std::string>& given, WorldOptions& world);

}  // namespace emu
