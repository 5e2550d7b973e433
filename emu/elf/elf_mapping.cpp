// Which sections a segment holds (gABI, "Program Header"; what readelf(1) -l lists).
#include "emu/elf/elf_file.hpp"

namespace emu {

namespace {

// [at, at + size) within [from, from + length); one without bytes must begin before the end.
bool within(u64 at, u64 size, u64 from, u64 length) {
    if (at < from || length == 0) return false;
    const u64 distance = at - from;
    return distance < length && size <= length - distance;
}

bool strictlyInside(u64 at, u64 from, u64 length) { return at > from && at - from < length; }

bool mayHold(const ElfSegment& segment, const ElfSection& section) {
    if (section.flags & SHF_TLS) return segment.type == PT_TLS || segment.type == PT_GNU_RELRO || segment.type == PT_LOAD;
    return segment.type != PT_TLS && segment.type != PT_PHDR;
}

bool needsMemory(const ElfSegment& segment) {
    return segment.type == PT_LOAD || segment.type == PT_DYNAMIC || segment.type == PT_GNU_EH_FRAME || segment.type == PT_GNU_STACK ||
           segment.type == PT_GNU_RELRO;
}

}  // namespace

bool contains(const ElfSegment& segment, const ElfSection& section) {
    const bool allocated = section.flags & SHF_ALLOC, without_bytes = section.type == SHT_NOBITS;
    const bool tbss = section.flags & SHF_TLS && without_bytes;     // every thread's own: in no segment but PT_TLS
    if (section.type == SHT_NULL || (tbss && segment.type != PT_TLS)) return false;
    if (!mayHold(segment, section) || (!allocated && needsMemory(segment))) return false;
    if (!without_bytes && !within(section.offset, section.size, segment.offset, segment.filesz)) return false;
    if (allocated && !within(section.address, section.size, segment.vaddr, segment.memsz)) return false;
    const bool own = segment.type == PT_DYNAMIC || segment.type == PT_NOTE;
    if (!own || section.size || !segment.memsz) return true;
    return (without_bytes || strictlyInside(section.offset, segment.offset, segment.filesz)) &&
           (!allocated || strictlyInside(section.address, segment.vaddr, segment.memsz));
}

}  // namespace emu
