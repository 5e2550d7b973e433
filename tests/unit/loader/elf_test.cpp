#include "kernel_model/include/linux/binfmts.hpp"
#include "loader/elf.hpp"
#include "loader/v3_10/elf_image.hpp"
#include "loader/v6_1/elf_image.hpp"

#include <catch2/catch.hpp>

#include <cstring>

using namespace loader;

namespace {

elfhdr goodHeader() {
    elfhdr header;
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_phentsize = 56;
    header.e_phnum = 1;
    return header;
}

elf_phdr segment(u32 type, u64 vaddr, u64 memsz) {
    elf_phdr header{};
    header.p_type = type;
    header.p_vaddr = vaddr;
    header.p_memsz = memsz;
    return header;
}

}  // namespace

TEST_CASE("Header rules") {
    elfhdr header = goodHeader();
    CHECK((hasElfMagic(header) && isExecutableType(header) && elf_check_arch(header) && hasProgramHeaders(header, 65536)));
    header.e_ident[3] = 'f';
    CHECK_FALSE(hasElfMagic(header));
    header.e_type = ET_REL;
    CHECK_FALSE(isExecutableType(header));
    header.e_machine = EM_AARCH64;
    CHECK_FALSE(elf_check_arch(header));
}

TEST_CASE("Number and size of program headers") {
    elfhdr header = goodHeader();
    header.e_phnum = 0;
    CHECK_FALSE(hasProgramHeaders(header, 65536));
    header.e_phnum = 1170;
    CHECK(hasProgramHeaders(header, 65536));
    CHECK_FALSE(hasProgramHeaders(header, 4096));
    header.e_phnum = 1171;
    CHECK_FALSE(hasProgramHeaders(header, 65536));
    header.e_phnum = 73;
    CHECK(hasProgramHeaders(header, 4096));
    header.e_phentsize = 32;
    CHECK_FALSE(hasProgramHeaders(header, 65536));
}

TEST_CASE("total_mapping_size runs from the first to the last PT_LOAD") {
    const ProgramHeaders headers = {segment(PT_INTERP, 1, 1), segment(PT_LOAD, 0x1234, 10), segment(PT_NOTE, 0, 9),
                                    segment(PT_LOAD, 0x5000, 0x777)};
    CHECK(loader::v3_10::total_mapping_size(headers.data(), 4) == 0x5777 - 0x1000);
    CHECK(loader::v3_10::total_mapping_size(headers.data(), 1) == 0);
}

TEST_CASE("v6.1 takes the lowest and the highest address instead") {
    const ProgramHeaders headers = {segment(PT_LOAD, 0x5000, 0x777), segment(PT_LOAD, 0x1234, 10)};
    CHECK(loader::v6_1::total_mapping_size(headers.data(), 2) == 0x5777 - 0x1000);
    CHECK(loader::v3_10::total_mapping_size(headers.data(), 2) != 0x5777 - 0x1000);
    CHECK(loader::v6_1::total_mapping_size(headers.data(), 0) == 0);
}

// exec-semantics §4 step D.
TEST_CASE("The initial stack is laid out as Linux does") {
    for (u64 argc = 0; argc < 4; ++argc)
        for (u64 envc = 0; envc < 4; ++envc) {
            const u64 bottom = 0x7fffffffef80;
            const StackLayout s = layOutStack(bottom, argc, envc, 19);
            CHECK(s.platform == bottom - 7);
            CHECK(s.random == bottom - 23);
            CHECK(s.argc % 16 == 0);
            CHECK(s.argv == s.argc + 8);
            CHECK(s.envp == s.argv + 8 * (argc + 1));
            CHECK(s.auxv == s.envp + 8 * (envc + 1));
            CHECK(s.auxv + 19 * 16 <= s.random);
            CHECK(s.random - (s.auxv + 19 * 16) < 16);
        }
}

// The failure case elf-no-mmap of calls-v3.10.json and calls-v6.1.json, which no file of the model shows.
TEST_CASE("a file system without mmap has no programs") {
    struct Zeros : kernel::file_operations {
        long read(kernel::file*, std::span<u8> to, kernel::loff_t&) override { return static_cast<long>(to.size()); }
        bool canMmap() const override { return mappable; }
        bool mappable = true;
    } operations;
    kernel::linux_binprm bprm;
    const elfhdr header = goodHeader();
    std::memcpy(bprm.buf.data(), static_cast<const Elf64_Ehdr*>(&header), sizeof(Elf64_Ehdr));
    kernel::file program;
    program.f_op = &operations;
    program.f_mode = kernel::FMODE_READ;
    bprm.file = &program;
    for (const bool mappable : {true, false}) {
        operations.mappable = mappable;
        loader::v3_10::ElfImage old_image;
        CHECK(loader::v3_10::readHeaders(&bprm, old_image) == (mappable ? 0 : -ENOEXEC));
        loader::v6_1::ElfImage image;
        CHECK(loader::v6_1::readHeaders(&bprm, image) == (mappable ? 0 : -ENOEXEC));
    }
    bprm.file = nullptr;
}
