#pragma once

namespace emu {

// The terminal as it was found, when a handler of a signal ends the process: async-signal-safe (signal-safety(7)).
void giveBackTerminal();

}  // namespace emu
