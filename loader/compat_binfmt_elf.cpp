// fs/compat_binfmt_elf.c: 32-bit ELF programs. In its place on the list; 32-bit mode itself is not there yet.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "loader/elf.hpp"
#include "loader/internal.hpp"

#include <cstddef>
#include <cstring>

namespace loader {

using namespace kernel;

static bool isCompatElf(const linux_binprm* bprm, const Elf32_Ehdr& header) {
    constexpr u16 EM_486_LINUX = 6;
    elfhdr begin{};             // the fields up to e_machine lie where a 64-bit header has them
    std::memcpy(&begin, &header, offsetof(Elf32_Ehdr, e_version));
    const bool machine = header.e_machine == EM_386 || header.e_machine == EM_486_LINUX;
    return hasElfMagic(begin) && isExecutableType(begin) && check("e_machine is EM_386 or EM_486", machine, int{header.e_machine}) &&
           canBeMapped(bprm->file) &&
           check("e_phentsize == 32", header.e_phentsize == sizeof(Elf32_Phdr), int{header.e_phentsize}) &&
           check("1 <= e_phnum <= 2048", header.e_phnum >= 1 && header.e_phnum <= 65536 / sizeof(Elf32_Phdr), int{header.e_phnum});
}

// The name in Linux is that of the 64-bit one: the file is compiled twice.
static TRACED_AS(int, load_compat_elf_binary, "load_elf_binary", (linux_binprm*, bprm)) {
    Elf32_Ehdr header;
    std::memcpy(&header, bprm->buf.data(), sizeof header);
    if (!isCompatElf(bprm, header)) return -ENOEXEC;
    unsupported("feature", "compat_elf_format", "a 32-bit x86 program", 0, "execve fails with ENOEXEC");
    return -ENOEXEC;
}

static linux_binfmt compat_elf_format = {"compat_elf_format", load_compat_elf_binary};

TRACED(int, init_compat_elf_binfmt) {
    register_binfmt(&compat_elf_format);
    return 0;
}

}  // namespace loader
