#include "emu/elf/elf_file.hpp"

#include "emu/tools/text.hpp"

#include <algorithm>
#include <cstring>

namespace emu {

namespace {

constexpr u64 MOST_TABLE_BYTES = u64{64} << 20;     // of one table of sections, symbols or strings
constexpr u64 MOST_NAME_BYTES = 4096;               // all together MOST_TABLE_BYTES: names may overlap
constexpr std::size_t MOST_COMPLAINTS = 20;

// Fields one after the other, in the file's byte order and with its width of addresses.
class Fields {
public:
    Fields(const u8* at, const ElfHeader& header) : at_(at), header_(header) {}
    u64 take(std::size_t bytes) {
        u64 value = 0;
        for (std::size_t i = 0; i < bytes; ++i) value |= u64{at_[header_.bigEndian() ? bytes - 1 - i : i]} << (8 * i);
        at_ += bytes;
        return value;
    }
    u8 byte() { return static_cast<u8>(take(1)); }
    u16 half() { return static_cast<u16>(take(2)); }
    u32 word() { return static_cast<u32>(take(4)); }
    u64 address() { return take(header_.wide() ? 8 : 4); }

private:
    const u8* at_;
    const ElfHeader& header_;
};

u64 sizeOf(const ElfHeader& header, u64 wide, u64 narrow) { return header.wide() ? wide : narrow; }

ElfHeader headerFrom(std::vector<u8> bytes) {
    bytes.resize(sizeof(Elf64_Ehdr));               // zeros where the file ends before its header does
    ElfHeader h;
    std::memcpy(h.ident.data(), bytes.data(), EI_NIDENT);
    Fields in(bytes.data() + EI_NIDENT, h);
    h.type = in.half();
    h.machine = in.half();
    h.version = in.word();
    h.entry = in.address();
    h.phoff = in.address();
    h.shoff = in.address();
    h.flags = in.word();
    for (u16* field : {&h.ehsize, &h.phentsize, &h.phnum, &h.shentsize, &h.shnum, &h.shstrndx}) *field = in.half();
    return h;
}

// e_phentsize bytes; the flags have another place in the narrow form.
ElfSegment segmentFrom(const u8* bytes, const ElfHeader& header) {
    Fields in(bytes, header);
    ElfSegment s;
    s.type = in.word();
    if (header.wide()) s.flags = in.word();
    for (u64* field : {&s.offset, &s.vaddr, &s.paddr, &s.filesz, &s.memsz}) *field = in.address();
    if (!header.wide()) s.flags = in.word();
    s.align = in.address();
    return s;
}

ElfSection sectionFrom(const u8* bytes, const ElfHeader& header) {
    Fields in(bytes, header);
    ElfSection s;
    s.name_offset = in.word();
    s.type = in.word();
    for (u64* field : {&s.flags, &s.address, &s.offset, &s.size}) *field = in.address();
    s.link = in.word();
    s.info = in.word();
    s.addralign = in.address();
    s.entsize = in.address();
    return s;
}

ElfSymbol symbolFrom(const u8* bytes, const ElfHeader& header, u32& name) {
    Fields in(bytes, header);
    ElfSymbol s;
    name = in.word();
    if (!header.wide()) {
        s.value = in.address();
        s.size = in.address();
    }
    s.info = in.byte();
    s.other = in.byte();
    s.section = in.half();
    if (header.wide()) {
        s.value = in.address();
        s.size = in.address();
    }
    return s;
}

class Loader {
public:
    explicit Loader(const ReadAt& read) : read_(read) {}
    ElfFile load() {
        const std::vector<u8> begin = read_(0, sizeof(Elf64_Ehdr));
        file_.header = headerFrom(begin);
        const u64 need = sizeOf(file_.header, sizeof(Elf64_Ehdr), sizeof(Elf32_Ehdr));
        if (begin.size() < need) complain("the file ends inside the ELF header, after " + std::to_string(begin.size()) + " bytes");
        readSegments();
        readSections();
        readSymbols();
        return std::move(file_);
    }

private:
    void complain(const std::string& what) {
        if (file_.complaints.size() < MOST_COMPLAINTS) file_.complaints.push_back(what);
        else if (file_.complaints.size() == MOST_COMPLAINTS) file_.complaints.emplace_back("and more of this kind");
    }

    // As many whole entries of a table as the file holds.
    std::vector<u8> table(const std::string& what, u64 offset, u64 count, u64 entry) {
        const u64 most = std::min(count, MOST_TABLE_BYTES / entry);
        std::vector<u8> bytes = read_(offset, most * entry);
        const u64 whole = bytes.size() / entry;
        if (whole < most)
            complain(what + ": " + std::to_string(count) + " entries of " + std::to_string(entry) + " bytes at offset " +
                     hex(offset) + ", of which the file holds " + std::to_string(whole));
        else if (most < count)
            complain(what + ": of " + std::to_string(count) + " entries only " + std::to_string(most) + " are read");
        bytes.resize(whole * entry);
        return bytes;
    }

    void readSegments();
    void readInterpreter(const ElfSegment&);
    void readDynamic(const ElfSegment&);
    void readSections();
    void nameSections();
    void readSymbols();
    std::vector<u8> strings(const ElfSection&, const std::string& what);
    std::string stringAt(const std::vector<u8>& strings, u64 offset, const std::string& what);
    std::vector<u8> largeIndices(u64 symbols_index);

    const ReadAt& read_;
    ElfFile file_;
    u64 name_bytes_ = 0;
};

void Loader::readSegments() {
    const ElfHeader& h = file_.header;
    if (!h.phnum) return;
    const u64 entry = sizeOf(h, sizeof(Elf64_Phdr), sizeof(Elf32_Phdr));
    if (h.phentsize != entry)
        return complain("program headers: e_phentsize is " + std::to_string(h.phentsize) + ", not " + std::to_string(entry));
    const std::vector<u8> bytes = table("program headers", h.phoff, h.phnum, entry);
    for (u64 at = 0; at < bytes.size(); at += entry) file_.segments.push_back(segmentFrom(bytes.data() + at, h));
    const auto interp = std::ranges::find(file_.segments, u32{PT_INTERP}, &ElfSegment::type);
    if (interp != file_.segments.end()) readInterpreter(*interp);
    const auto dynamic = std::ranges::find(file_.segments, u32{PT_DYNAMIC}, &ElfSegment::type);
    if (dynamic != file_.segments.end()) readDynamic(*dynamic);
}

void Loader::readDynamic(const ElfSegment& dynamic) {
    constexpr u64 most = 65536;
    const u64 entry = sizeOf(file_.header, sizeof(Elf64_Dyn), sizeof(Elf32_Dyn));
    const std::vector<u8> bytes = read_(dynamic.offset, std::min(dynamic.filesz, most));
    for (u64 at = 0; at + entry <= bytes.size(); at += entry) {
        Fields in(bytes.data() + at, file_.header);
        const u64 tag = in.address(), value = in.address();
        if (tag == DT_NULL) return;
        if (tag == DT_FLAGS_1) file_.pie = value & DF_1_PIE;
    }
}

void Loader::readInterpreter(const ElfSegment& interp) {
    constexpr u64 path_max = 4096;
    const std::vector<u8> path = read_(interp.offset, std::min(interp.filesz, path_max));
    file_.interpreter.assign(path.begin(), std::ranges::find(path, 0));
    if (path.size() < std::min(interp.filesz, path_max))
        complain("PT_INTERP: " + hex(interp.filesz) + " bytes at offset " + hex(interp.offset) +
                 " lie beyond the end of the file");
}

// gABI, "Section Header": numbers that do not fit the header's fields are in section 0.
void Loader::readSections() {
    const ElfHeader& h = file_.header;
    file_.sections_said = h.shnum;
    file_.names_section = h.shstrndx;
    if (!h.shoff) return;
    const u64 entry = sizeOf(h, sizeof(Elf64_Shdr), sizeof(Elf32_Shdr));
    if (h.shentsize != entry)
        return complain("section headers: e_shentsize is " + std::to_string(h.shentsize) + ", not " + std::to_string(entry));
    if (!h.shnum || h.shstrndx == SHN_XINDEX) {
        const std::vector<u8> first = read_(h.shoff, entry);
        if (first.size() == entry) {
            const ElfSection zero = sectionFrom(first.data(), h);
            if (!h.shnum) file_.sections_said = zero.size;
            if (h.shstrndx == SHN_XINDEX) file_.names_section = zero.link;
        }
    }
    const std::vector<u8> bytes = table("section headers", h.shoff, file_.sections_said, entry);
    for (u64 at = 0; at < bytes.size(); at += entry) file_.sections.push_back(sectionFrom(bytes.data() + at, h));
    nameSections();
}

std::vector<u8> Loader::strings(const ElfSection& section, const std::string& what) {
    const u64 wanted = std::min(section.size, MOST_TABLE_BYTES);
    std::vector<u8> bytes = section.type == SHT_NOBITS ? std::vector<u8>{} : read_(section.offset, wanted);
    if (bytes.size() < section.size)
        complain(what + ": of " + hex(section.size) + " bytes of names at offset " + hex(section.offset) + " there are " +
                 hex(bytes.size()));
    return bytes;
}

std::string Loader::stringAt(const std::vector<u8>& strings, u64 offset, const std::string& what) {
    if (offset >= strings.size()) {
        if (offset) complain(what + ": its name lies beyond the names, at " + hex(offset));
        return offset ? "<corrupt>" : "";
    }
    const u64 most = std::min(strings.size() - offset, MOST_NAME_BYTES);
    const auto from = strings.begin() + static_cast<std::ptrdiff_t>(offset);
    std::string name(from, std::find(from, from + static_cast<std::ptrdiff_t>(most), 0));
    name_bytes_ += name.size();
    if (name_bytes_ <= MOST_TABLE_BYTES) return name;
    complain(what + ": the names before it are so long that it is not read");
    return "<not read>";
}

void Loader::nameSections() {
    if (file_.names_section == SHN_UNDEF || file_.sections.empty()) return;
    if (file_.names_section >= file_.sections.size())
        return complain("section names: there is no section " + std::to_string(file_.names_section));
    const std::vector<u8> names = strings(file_.sections[file_.names_section], "section names");
    if (names.empty()) return;
    for (std::size_t i = 0; i < file_.sections.size(); ++i)
        file_.sections[i].name = stringAt(names, file_.sections[i].name_offset, "section " + std::to_string(i));
}

// SHT_SYMTAB_SHNDX: the sections of symbols whose index does not fit 16 bits, a word each.
std::vector<u8> Loader::largeIndices(u64 symbols_index) {
    for (const ElfSection& section : file_.sections)
        if (section.type == SHT_SYMTAB_SHNDX && section.link == symbols_index)
            return read_(section.offset, std::min(section.size, MOST_TABLE_BYTES));
    return {};
}

void Loader::readSymbols() {
    auto found = std::ranges::find(file_.sections, u32{SHT_SYMTAB}, &ElfSection::type);
    if (found == file_.sections.end()) found = std::ranges::find(file_.sections, u32{SHT_DYNSYM}, &ElfSection::type);
    if (found == file_.sections.end()) return;
    const ElfHeader& h = file_.header;
    const std::string what = "symbols of " + found->name;
    const u64 entry = sizeOf(h, sizeof(Elf64_Sym), sizeof(Elf32_Sym));
    if (found->link >= file_.sections.size())
        return complain(what + ": there is no section " + std::to_string(found->link) + " with their names");
    file_.symbol_table = found->name;
    const std::vector<u8> bytes = table(what, found->offset, found->size / entry, entry);
    const std::vector<u8> names = strings(file_.sections[found->link], what);
    const std::vector<u8> indices = largeIndices(static_cast<u64>(found - file_.sections.begin()));
    for (u64 i = 1; i * entry < bytes.size(); ++i) {
        u32 name = 0;
        ElfSymbol symbol = symbolFrom(bytes.data() + i * entry, h, name);
        symbol.name = names.empty() ? "" : stringAt(names, name, "symbol " + std::to_string(i));
        if (symbol.section == SHN_XINDEX && i * 4 + 4 <= indices.size()) symbol.section = Fields(indices.data() + i * 4, h).word();
        file_.symbols.push_back(std::move(symbol));
    }
}

}  // namespace

bool isElf(const std::vector<u8>& begin) { return begin.size() >= SELFMAG && !std::memcmp(begin.data(), ELFMAG, SELFMAG); }

ElfFile readElf(const ReadAt& read) { return Loader(read).load(); }

}  // namespace emu
