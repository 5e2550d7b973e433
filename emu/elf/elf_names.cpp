#include "emu/elf/elf_names.hpp"

#include <cctype>
#include <cstdio>
#include <map>

namespace emu {

namespace {

std::string unknown(u64 number) {
    char text[40];
    std::snprintf(text, sizeof text, "<unknown: %llx>", static_cast<unsigned long long>(number));
    return text;
}

template <class Key>
std::string nameOf(const std::map<Key, const char*>& names, Key number) {
    const auto known = names.find(number);
    return known == names.end() ? unknown(number) : known->second;
}

}  // namespace

std::string className(u8 ident_class) {
    return nameOf<u8>({{ELFCLASSNONE, "none"}, {ELFCLASS32, "ELF32"}, {ELFCLASS64, "ELF64"}}, ident_class);
}

std::string dataName(u8 ident_data) {
    return nameOf<u8>({{ELFDATANONE, "none"}, {ELFDATA2LSB, "2's complement, little endian"}, {ELFDATA2MSB, "2's complement, big endian"}},
                      ident_data);
}

std::string osAbiName(u8 ident_osabi) {
    return nameOf<u8>({{ELFOSABI_SYSV, "UNIX - System V"}, {ELFOSABI_HPUX, "UNIX - HP-UX"}, {ELFOSABI_NETBSD, "UNIX - NetBSD"},
                       {ELFOSABI_GNU, "UNIX - GNU"}, {ELFOSABI_SOLARIS, "UNIX - Solaris"}, {ELFOSABI_AIX, "UNIX - AIX"},
                       {ELFOSABI_FREEBSD, "UNIX - FreeBSD"}, {ELFOSABI_OPENBSD, "UNIX - OpenBSD"}, {ELFOSABI_ARM, "ARM"},
                       {ELFOSABI_STANDALONE, "Standalone App"}}, ident_osabi);
}

std::string fileTypeName(const ElfFile& file) {
    const u16 type = file.header.type;
    if (type == ET_DYN) return file.pie ? "DYN (Position-Independent Executable file)" : "DYN (Shared object file)";
    return nameOf<u16>({{ET_NONE, "NONE (None)"}, {ET_REL, "REL (Relocatable file)"}, {ET_EXEC, "EXEC (Executable file)"},
                        {ET_CORE, "CORE (Core file)"}}, type);
}

std::string machineName(u16 machine) {
    return nameOf<u16>({{EM_NONE, "None"}, {EM_SPARC, "Sparc"}, {EM_386, "Intel 80386"}, {EM_68K, "MC68000"},
                        {EM_MIPS, "MIPS R3000"}, {EM_PARISC, "HPPA"}, {EM_SPARC32PLUS, "Sparc v8+"}, {EM_PPC, "PowerPC"},
                        {EM_PPC64, "PowerPC64"}, {EM_S390, "IBM S/390"}, {EM_ARM, "ARM"}, {EM_SH, "Renesas / SuperH SH"},
                        {EM_SPARCV9, "Sparc v9"}, {EM_IA_64, "Intel IA-64"}, {EM_X86_64, "Advanced Micro Devices X86-64"},
                        {EM_AARCH64, "AArch64"}, {EM_RISCV, "RISC-V"}, {EM_BPF, "Linux BPF"}, {u16{258}, "LoongArch"}}, machine);
}

std::string segmentTypeName(u32 type) {
    return nameOf<u32>({{PT_NULL, "NULL"}, {PT_LOAD, "LOAD"}, {PT_DYNAMIC, "DYNAMIC"}, {PT_INTERP, "INTERP"}, {PT_NOTE, "NOTE"},
                        {PT_SHLIB, "SHLIB"}, {PT_PHDR, "PHDR"}, {PT_TLS, "TLS"}, {PT_GNU_EH_FRAME, "GNU_EH_FRAME"},
                        {PT_GNU_STACK, "GNU_STACK"}, {PT_GNU_RELRO, "GNU_RELRO"}, {PT_GNU_PROPERTY, "GNU_PROPERTY"},
                        {u32{0x6474e554}, "GNU_SFRAME"}}, type);
}

std::string segmentFlags(u32 flags) {
    return {flags & PF_R ? 'R' : ' ', flags & PF_W ? 'W' : ' ', flags & PF_X ? 'E' : ' '};
}

std::string sectionTypeName(u32 type) {
    return nameOf<u32>({{SHT_NULL, "NULL"}, {SHT_PROGBITS, "PROGBITS"}, {SHT_SYMTAB, "SYMTAB"}, {SHT_STRTAB, "STRTAB"},
                        {SHT_RELA, "RELA"}, {SHT_HASH, "HASH"}, {SHT_DYNAMIC, "DYNAMIC"}, {SHT_NOTE, "NOTE"}, {SHT_NOBITS, "NOBITS"},
                        {SHT_REL, "REL"}, {SHT_SHLIB, "SHLIB"}, {SHT_DYNSYM, "DYNSYM"}, {SHT_INIT_ARRAY, "INIT_ARRAY"},
                        {SHT_FINI_ARRAY, "FINI_ARRAY"}, {SHT_PREINIT_ARRAY, "PREINIT_ARRAY"}, {SHT_GROUP, "GROUP"},
                        {SHT_SYMTAB_SHNDX, "SYMTAB SECTION INDICES"}, {u32{19}, "RELR"}, {SHT_GNU_ATTRIBUTES, "GNU_ATTRIBUTES"},
                        {SHT_GNU_HASH, "GNU_HASH"}, {SHT_GNU_LIBLIST, "GNU_LIBLIST"}, {SHT_GNU_verdef, "VERDEF"},
                        {SHT_GNU_verneed, "VERNEED"}, {SHT_GNU_versym, "VERSYM"}, {u32{0x70000001}, "X86_64_UNWIND"}}, type);
}

std::string sectionFlags(u64 flags, u8 ident_osabi) {
    constexpr u64 retain = u64{1} << 21, mbind = u64{1} << 24;
    const bool gnu = ident_osabi == ELFOSABI_GNU || ident_osabi == ELFOSABI_FREEBSD;
    const std::pair<u64, char> letters[] = {
        {SHF_WRITE, 'W'}, {SHF_ALLOC, 'A'}, {SHF_EXECINSTR, 'X'}, {SHF_MERGE, 'M'}, {SHF_STRINGS, 'S'}, {SHF_INFO_LINK, 'I'},
        {SHF_LINK_ORDER, 'L'}, {SHF_OS_NONCONFORMING, 'O'}, {SHF_GROUP, 'G'}, {SHF_TLS, 'T'}, {SHF_COMPRESSED, 'C'},
        {gnu ? retain : 0, 'R'}, {gnu || ident_osabi == ELFOSABI_NONE ? mbind : 0, 'D'}, {u64{1} << 28, 'l'}, {SHF_EXCLUDE, 'E'}};
    std::string text;
    u64 rest = flags;
    for (const auto& [bit, letter] : letters) {
        if (flags & bit) text += letter;
        rest &= ~bit;
    }
    if (rest & SHF_MASKOS) text += 'o';
    if (rest & SHF_MASKPROC) text += 'p';
    if (rest & ~u64{SHF_MASKOS | SHF_MASKPROC}) text += 'x';
    return text;
}

namespace {

// Of a symbol that is defined in a section.
char sectionLetter(const ElfSection& section) {
    const bool bytes = section.type != SHT_NOBITS;
    if (!(section.flags & SHF_ALLOC)) return section.name.starts_with(".debug") ? 'N' : 'n';
    if (section.flags & SHF_EXECINSTR) return 't';
    if (!bytes) return 'b';
    return section.flags & SHF_WRITE ? 'd' : 'r';
}

}  // namespace

char symbolLetter(const ElfFile& file, const ElfSymbol& symbol) {
    const bool defined = symbol.section != SHN_UNDEF;
    if (symbol.section == SHN_COMMON) return 'C';
    if (defined && symbol.type() == STT_GNU_IFUNC) return 'i';
    if (symbol.binding() == STB_WEAK) return static_cast<char>((symbol.type() == STT_OBJECT ? 'v' : 'w') - (defined ? 32 : 0));
    if (!defined) return 'U';
    if (symbol.binding() == STB_GNU_UNIQUE) return 'u';
    char letter = '?';
    if (symbol.section == SHN_ABS) letter = 'a';
    else if (symbol.section < file.sections.size()) letter = sectionLetter(file.sections[symbol.section]);
    return symbol.binding() == STB_LOCAL ? letter : static_cast<char>(std::toupper(letter));
}

}  // namespace emu
