// Guest programs that execscope brings along, as bytes of static x86-64 executables.
// tests/guest/init/compile.sh makes them from tests/guest/init/init.c and tests/guest/sample/hello.c.
#pragma once

#include "traces/types.hpp"

#include <span>

namespace emu::guests {

std::span<const u8> init();     // /sbin/init
std::span<const u8> hello();    // the program of `execscope demo`

}  // namespace emu::guests
