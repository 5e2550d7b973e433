// The names of ELF's numbers, as readelf(1) spells them.
#pragma once

#include "emu/elf/elf_file.hpp"

namespace emu {

std::string className(u8 ident_class);
std::string dataName(u8 ident_data);
std::string osAbiName(u8 ident_osabi);
std::string fileTypeName(const ElfFile&);               // "DYN (Shared object file)"
std::string machineName(u16 machine);
std::string segmentTypeName(u32 type);
std::string segmentFlags(u32 flags);                    // "R E"
std::string sectionTypeName(u32 type);
std::string sectionFlags(u64 flags, u8 ident_osabi);    // "WAT"; those of systems have their letter only on these
char symbolLetter(const ElfFile&, const ElfSymbol&);    // as nm(1): T, t, U, ...

}  // namespace emu
