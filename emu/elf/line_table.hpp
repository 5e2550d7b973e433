// The line table of a program, .debug_line of DWARF 2 to 5 (DWARF 5, 6.2): which source line each of its addresses comes from.
#pragma once

#include "emu/elf/elf_file.hpp"

namespace emu {

struct LineRow {
    u64 address = 0;            // as the file counts
    u32 file = 0;               // in `files`
    u32 line = 0;
};

struct LineTable {
    std::vector<std::string> files;         // as the compiler was told, with its directory where the table has it (DWARF 5)
    std::vector<LineRow> rows;              // beginnings of statements that have code, in the order of the table
    std::string complaint;                  // why it is not all there; empty: it is, or there is no table
};

LineTable readLineTable(const ElfFile& elf, const ReadAt& read);

}  // namespace emu
