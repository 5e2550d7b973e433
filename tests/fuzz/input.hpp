// What an input of the loader's fuzzer is: a byte that says how, two bytes that say how many bytes of lines for binfmt_misc
// follow (little endian), these lines, and the file.
#pragma once

#include "traces/types.hpp"

#include <span>
#include <vector>

namespace fuzz {

// Bits of the first byte; driver.c has the same.
enum How : u8 { HOW_SET_ID = 1, HOW_ASLR = 2, HOW_EXECVEAT = 4, HOW_SMALL = 8, HOW_ARGUMENTS = 16, HOW_PERSONA = 32, HOW_TRACED = 64 };

constexpr std::size_t HEAD_BYTES = 3, MAX_MISC = 4096, MAX_FILE = (1 << 18) - MAX_MISC;

struct Input {
    u8 how = 0;
    std::vector<u8> misc, file;
};

// Every sequence of bytes is an input: what is missing is empty, what is too long is cut.
Input parseInput(std::span<const u8> bytes);

}  // namespace fuzz
