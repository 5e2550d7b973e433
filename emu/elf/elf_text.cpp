#include "emu/elf/elf_text.hpp"

#include "emu/elf/elf_names.hpp"

#include <algorithm>
#include <cstdio>
#include <tuple>

namespace emu {

namespace {

constexpr std::size_t FIRST_SYMBOLS = 20, MOST_PAIRS = 1 << 20, NAME_COLUMNS = 200;

std::string digits(u64 n, int width) {
    char text[20];
    std::snprintf(text, sizeof text, "%0*llx", width, static_cast<unsigned long long>(n));
    return text;
}
std::string prefixed(u64 n, int width) { return "0x" + digits(n, width); }

std::string right(const std::string& text, std::size_t width) {
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}
std::string right(u64 n, std::size_t width) { return right(std::to_string(n), width); }

std::string nameOf(const ElfSection& section) { return cut(printable(section.name), NAME_COLUMNS); }

class Describer {
public:
    Describer(const ElfFile& file, Symbols symbols, const Screen& screen)
        : file_(file), h_(file.header), symbols_(symbols), screen_(screen) {}
    std::string text() {
        header();
        segments();
        sections();
        mapping();
        symbols();
        for (const std::string& one : file_.complaints) out_ += screen_.paint(Style::error, "! " + printable(one)) + '\n';
        return std::move(out_);
    }

private:
    void title(const std::string& text) { out_ += (out_.empty() ? "" : "\n") + screen_.paint(Style::bold, text) + '\n'; }
    void field(const std::string& name, const std::string& value) { out_ += "  " + pad(name + ":", 35) + value + '\n'; }
    void header();
    void segments();
    void sections();
    void mapping();
    void symbols();
    std::string row(const ElfSection&, std::size_t index) const;

    const ElfFile& file_;
    const ElfHeader& h_;
    Symbols symbols_;
    const Screen& screen_;
    std::string out_;
};

void Describer::header() {
    title("ELF Header:");
    std::string magic;
    for (const u8 byte : h_.ident) magic += digits(byte, 2) + " ";
    out_ += "  Magic:   " + magic + '\n';
    const u8 version = h_.ident[EI_VERSION];
    field("Class", className(h_.ident[EI_CLASS]));
    field("Data", dataName(h_.ident[EI_DATA]));
    field("Version", std::to_string(version) + (version == EV_CURRENT ? " (current)" : ""));
    field("OS/ABI", osAbiName(h_.ident[EI_OSABI]));
    field("ABI Version", std::to_string(h_.ident[EI_ABIVERSION]));
    field("Type", fileTypeName(file_));
    field("Machine", machineName(h_.machine));
    field("Version", prefixed(h_.version, 1));
    field("Entry point address", prefixed(h_.entry, 1));
    field("Start of program headers", std::to_string(h_.phoff) + " (bytes into file)");
    field("Start of section headers", std::to_string(h_.shoff) + " (bytes into file)");
    field("Flags", prefixed(h_.flags, 1));
    field("Size of this header", std::to_string(h_.ehsize) + " (bytes)");
    field("Size of program headers", std::to_string(h_.phentsize) + " (bytes)");
    field("Number of program headers", std::to_string(h_.phnum));
    field("Size of section headers", std::to_string(h_.shentsize) + " (bytes)");
    const bool more = h_.shnum == 0 && file_.sections_said;
    field("Number of section headers", std::to_string(h_.shnum) + (more ? " (" + std::to_string(file_.sections_said) + ")" : ""));
    const bool far = h_.shstrndx == SHN_XINDEX;
    field("Section header string table index", std::to_string(h_.shstrndx) + (far ? " (" + std::to_string(file_.names_section) + ")" : ""));
}

void Describer::segments() {
    if (file_.segments.empty())
        return title(h_.phnum ? "The program headers cannot be read." : "There are no program headers in this file.");
    const int address = h_.wide() ? 16 : 8, size = h_.wide() ? 6 : 5;
    title("Program Headers:");
    out_ += h_.wide() ? "  Type           Offset   VirtAddr           PhysAddr           FileSiz  MemSiz   Flg Align\n"
                      : "  Type           Offset   VirtAddr   PhysAddr   FileSiz MemSiz  Flg Align\n";
    for (const ElfSegment& s : file_.segments) {
        out_ += "  " + pad(segmentTypeName(s.type), 15) + prefixed(s.offset, 6) + " " + prefixed(s.vaddr, address) + " " +
                prefixed(s.paddr, address) + " " + prefixed(s.filesz, size) + " " + prefixed(s.memsz, size) + " " +
                segmentFlags(s.flags) + " " + (s.align ? prefixed(s.align, 1) : "0") + '\n';
        if (s.type == PT_INTERP && s.filesz) out_ += "      [Requesting program interpreter: " + printable(file_.interpreter) + "]\n";
    }
}

std::string Describer::row(const ElfSection& s, std::size_t index) const {
    return "  [" + right(index, 2) + "] " + pad(nameOf(s), 18) + pad(sectionTypeName(s.type).substr(0, 15), 16) +
           digits(s.address, h_.wide() ? 16 : 8) + " " + digits(s.offset, 6) + " " + digits(s.size, 6) + " " + digits(s.entsize, 2) +
           " " + right(sectionFlags(s.flags, h_.ident[EI_OSABI]), 3) + " " + right(s.link, 2) + " " + right(s.info, 3) + " " + right(s.addralign, 2) + '\n';
}

void Describer::sections() {
    if (file_.sections.empty()) return title(h_.shoff ? "The sections cannot be read." : "There are no sections in this file.");
    title("Section Headers:");
    out_ += std::string("  [Nr] Name              Type            ") + (h_.wide() ? "Address         " : "Addr    ") +
            " Off    Size   ES Flg Lk Inf Al\n";
    for (std::size_t i = 0; i < file_.sections.size(); ++i) out_ += row(file_.sections[i], i);
}

void Describer::mapping() {
    if (file_.segments.empty() || file_.sections.empty()) return;
    title(" Section to Segment mapping:");
    if (file_.segments.size() > MOST_PAIRS / file_.sections.size()) {
        out_ += "  too many to compare\n";
        return;
    }
    out_ += "  Segment Sections...\n";
    for (std::size_t i = 0; i < file_.segments.size(); ++i) {
        out_ += "   " + std::string(i < 10 ? "0" : "") + std::to_string(i) + "     ";
        for (const ElfSection& section : file_.sections)
            if (contains(file_.segments[i], section)) out_ += nameOf(section) + " ";
        out_ += '\n';
    }
}

// By name, as nm does. Those of sections and files have no name of their own there.
void Describer::symbols() {
    std::vector<const ElfSymbol*> shown;
    for (const ElfSymbol& symbol : file_.symbols)
        if (symbol.type() != STT_SECTION && symbol.type() != STT_FILE) shown.push_back(&symbol);
    if (shown.empty()) return title("There are no symbols in this file.");
    std::ranges::sort(shown, {}, [](const ElfSymbol* s) { return std::tuple(std::string_view(s->name), s->value, s); });
    title("Symbols of " + printable(file_.symbol_table) + ":");
    const int width = h_.wide() ? 16 : 8;
    out_ += "  " + pad("Value", static_cast<std::size_t>(width) + 1) + "Size             Name\n";
    const std::size_t most = symbols_ == Symbols::all ? shown.size() : std::min(shown.size(), FIRST_SYMBOLS);
    for (std::size_t i = 0; i < most; ++i) {
        const ElfSymbol& s = *shown[i];
        const std::string value = s.section == SHN_UNDEF ? std::string(static_cast<std::size_t>(width), ' ') : digits(s.value, width);
        out_ += "  " + value + " " + pad(s.size ? digits(s.size, width) : "", static_cast<std::size_t>(width) + 1) +
                symbolLetter(file_, s) + " " + printable(s.name) + '\n';
    }
    if (most < shown.size()) out_ += "  … and " + std::to_string(shown.size() - most) + " more (--all shows them)\n";
}

}  // namespace

std::string describeElf(const ElfFile& file, Symbols symbols, const Screen& screen) { return Describer(file, symbols, screen).text(); }

}  // namespace emu
