// What kind of terminal a descriptor is.
#pragma once

#include "emu/tools/text.hpp"

namespace emu {

// Width from the terminal or COLUMNS; colour on a terminal, unless NO_COLOR is set (no-color.org) or TERM is dumb.
Screen screenOf(int fd);

}  // namespace emu
