// A small machine that executes one hostile file after the other, and stays booted between them.
#pragma once

#include "traces/types.hpp"

#include <span>
#include <string>

namespace fuzz {

// Once, before the first input. profile: v3.10 or v6.1. Throws std::runtime_error when the driver program cannot be read.
void bootMachine(const std::string& profile);
// Runs one input (input.hpp). Aborts when the machine ends, which no input may make it do.
void runInput(std::span<const u8> bytes);

}  // namespace fuzz
