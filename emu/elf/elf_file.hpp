// An ELF file as elf(5) describes it, of either class and byte order, read from bytes that nobody vouches for.
#pragma once

#include "traces/types.hpp"

#include <array>
#include <elf.h>
#include <functional>
#include <string>
#include <vector>

namespace emu {

// The bytes of a file from `offset` on, at most `size`; fewer where the file ends.
using ReadAt = std::function<std::vector<u8>(u64 offset, u64 size)>;

struct ElfHeader {
    std::array<u8, EI_NIDENT> ident{};
    u16 type = 0, machine = 0;
    u32 version = 0;
    u64 entry = 0, phoff = 0, shoff = 0;
    u32 flags = 0;
    u16 ehsize = 0, phentsize = 0, phnum = 0, shentsize = 0, shnum = 0, shstrndx = 0;
    bool wide() const { return ident[EI_CLASS] != ELFCLASS32; }
    bool bigEndian() const { return ident[EI_DATA] == ELFDATA2MSB; }
};

struct ElfSegment {
    u32 type = 0, flags = 0;
    u64 offset = 0, vaddr = 0, paddr = 0, filesz = 0, memsz = 0, align = 0;
};

struct ElfSection {
    u32 name_offset = 0, type = 0;
    u64 flags = 0, address = 0, offset = 0, size = 0;
    u32 link = 0, info = 0;
    u64 addralign = 0, entsize = 0;
    std::string name;
};

struct ElfSymbol {
    std::string name;
    u8 info = 0, other = 0;
    u32 section = 0;            // SHN_*, or an index
    u64 value = 0, size = 0;
    u8 binding() const { return info >> 4; }
    u8 type() const { return info & 15; }
};

struct ElfFile {
    ElfHeader header;
    u64 sections_said = 0;      // e_shnum, or what section 0 says in its place
    u64 names_section = 0;      // e_shstrndx, or what section 0 says
    std::vector<ElfSegment> segments;
    std::vector<ElfSection> sections;
    std::string interpreter;    // PT_INTERP, up to its first NUL
    bool pie = false;           // DT_FLAGS_1 has DF_1_PIE
    std::string symbol_table;   // the section they come from: .symtab, else .dynsym, else none
    std::vector<ElfSymbol> symbols;
    std::vector<std::string> complaints;    // what could not be read and why, one line each
};

bool isElf(const std::vector<u8>& begin);
// Of a file that isElf(); what its headers claim and the file does not hold becomes a complaint.
ElfFile readElf(const ReadAt& read);
// Whether a segment contains a section, as readelf lists them: by file offset, and by address where it has one.
bool contains(const ElfSegment&, const ElfSection&);

}  // namespace emu
