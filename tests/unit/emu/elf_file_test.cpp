#include "emu/elf/elf_names.hpp"
#include "emu/elf/elf_text.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <iterator>

using namespace emu;

namespace {

std::vector<u8> ownBytes() {
    std::ifstream in("/proc/self/exe", std::ios::binary);
    std::vector<u8> bytes(std::size_t{1} << 16);
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    return bytes;
}

ReadAt from(const std::vector<u8>& bytes) {
    return [&bytes](u64 offset, u64 size) -> std::vector<u8> {
        if (offset >= bytes.size()) return {};
        const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
        return {begin, begin + static_cast<std::ptrdiff_t>(std::min<u64>(size, bytes.size() - offset))};
    };
}

struct Image {
    Elf64_Ehdr header{};
    std::vector<Elf64_Phdr> segments;
    std::vector<Elf64_Shdr> sections;
    std::string strings;

    Image() {
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_phentsize = sizeof(Elf64_Phdr);
        header.e_shentsize = sizeof(Elf64_Shdr);
    }
    // Header, program headers, section headers, strings.
    std::vector<u8> bytes() {
        header.e_phoff = sizeof header;
        header.e_phnum = static_cast<u16>(segments.size());
        header.e_shoff = header.e_phoff + segments.size() * sizeof(Elf64_Phdr);
        std::vector<u8> out;
        const auto add = [&out](const void* data, std::size_t size) {
            const auto* begin = static_cast<const u8*>(data);
            out.insert(out.end(), begin, begin + size);
        };
        add(&header, sizeof header);
        add(segments.data(), segments.size() * sizeof(Elf64_Phdr));
        add(sections.data(), sections.size() * sizeof(Elf64_Shdr));
        add(strings.data(), strings.size());
        return out;
    }
};

bool complains(const ElfFile& file, const std::string& part) {
    for (const std::string& one : file.complaints)
        if (one.find(part) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST_CASE("every cut of a file is read without trouble, and said") {
    const std::vector<u8> whole = ownBytes();
    for (std::size_t length = SELFMAG; length < 2048; length += length < 200 ? 1 : 61) {
        const std::vector<u8> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        const ElfFile file = readElf(from(cut));
        CHECK_FALSE(file.complaints.empty());
        CHECK_FALSE(describeElf(file, Symbols::all, {}).empty());
    }
}

TEST_CASE("no value of a header's field makes trouble") {
    const std::vector<u8> whole = ownBytes();
    for (std::size_t at = SELFMAG; at < sizeof(Elf64_Ehdr) + 10 * sizeof(Elf64_Phdr); ++at)
        for (const u8 value : {0x00, 0x01, 0x02, 0x7f, 0x80, 0xff}) {
            std::vector<u8> changed = whole;
            changed[at] = value;
            CHECK_FALSE(describeElf(readElf(from(changed)), Symbols::all, {}).empty());
        }
}

TEST_CASE("a section that lies beyond the file is named, one that claims everything is bounded") {
    Image image;
    image.sections.resize(2);
    image.sections[1].sh_type = SHT_SYMTAB;
    image.sections[1].sh_offset = ~u64{0} - 5;
    image.sections[1].sh_size = ~u64{0};
    image.header.e_shnum = 2;
    const ElfFile file = readElf(from(image.bytes()));
    CHECK(file.symbols.empty());
    CHECK(complains(file, "of which the file holds 0"));
}

TEST_CASE("numbers too large for the header are in section 0") {
    Image image;
    image.sections.resize(3);
    image.sections[0].sh_size = 3;
    image.sections[0].sh_link = 2;
    image.sections[2].sh_type = SHT_STRTAB;
    image.sections[1].sh_name = 1;
    image.strings = std::string("\0.one", 6);
    image.sections[2].sh_offset = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Shdr);
    image.sections[2].sh_size = image.strings.size();
    image.header.e_shstrndx = SHN_XINDEX;
    const ElfFile file = readElf(from(image.bytes()));
    REQUIRE(file.sections.size() == 3);
    CHECK(file.sections[1].name == ".one");
    CHECK(file.complaints.empty());
}

TEST_CASE("names that overlap do not multiply without end") {
    Image image;
    constexpr std::size_t count = 40000;
    image.sections.resize(count);
    image.strings = std::string(4096, 'a');
    image.sections[1] = {};
    image.sections[1].sh_type = SHT_STRTAB;
    image.sections[1].sh_offset = sizeof(Elf64_Ehdr) + count * sizeof(Elf64_Shdr);
    image.sections[1].sh_size = image.strings.size();
    image.header.e_shnum = count;
    image.header.e_shstrndx = 1;
    const ElfFile file = readElf(from(image.bytes()));
    std::size_t total = 0;
    for (const ElfSection& section : file.sections) total += section.name.size();
    CHECK(total < std::size_t{70} << 20);
    CHECK(complains(file, "so long that it is not read"));
}

TEST_CASE("a segment holds a section by offset and by address") {
    const ElfSegment load{PT_LOAD, PF_R, 0x1000, 0x401000, 0, 0x100, 0x200, 0x1000};
    ElfSection section{0, SHT_PROGBITS, SHF_ALLOC, 0x401000, 0x1000, 0x100, 0, 0, 1, 0, ".text"};
    CHECK(contains(load, section));
    section.size = 0x101;
    CHECK_FALSE(contains(load, section));
    section = {0, SHT_NOBITS, SHF_ALLOC, 0x401100, 0x1100, 0x100, 0, 0, 1, 0, ".bss"};
    CHECK(contains(load, section));
    section.size = ~u64{0};
    CHECK_FALSE(contains(load, section));
    section.size = 0x10;
    section.flags |= SHF_TLS;
    CHECK_FALSE(contains(load, section));
    section = {0, SHT_PROGBITS, 0, 0, 0x1000, 0x10, 0, 0, 1, 0, ".comment"};
    CHECK_FALSE(contains(load, section));
}

TEST_CASE("control characters of a file do not reach the terminal") {
    Image image;
    image.segments.resize(1);
    image.segments[0].p_type = PT_INTERP;
    image.segments[0].p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
    image.strings = std::string("/\x1b[2J\0", 7);
    image.segments[0].p_filesz = 7;
    const std::string text = describeElf(readElf(from(image.bytes())), Symbols::first, {});
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("[Requesting program interpreter: /\\u001b[2J]") != std::string::npos);
}
