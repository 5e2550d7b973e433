// What readelf(1) and nm(1) say of a file, in their words and columns.
#pragma once

#include "emu/elf/elf_file.hpp"
#include "emu/tools/text.hpp"

namespace emu {

// How many symbols are shown.
enum class Symbols : u8 { first, all };
std::string describeElf(const ElfFile&, Symbols, const Screen&);

}  // namespace emu
