// fs/binfmt_elf.c: the steps that do not depend on the kernel's version.
#include "loader/elf.hpp"

#include "kernel_model/include/linux/mm.hpp"

#include <algorithm>
#include <cstring>

namespace loader {

using namespace kernel;

traces::Value traceValue(const elfhdr* h) {
    if (!h) return traces::Value::null();
    auto value = traces::Value::object();
    value.with("e_type", traces::Value::count(h->e_type)).with("e_machine", traces::Value::count(h->e_machine));
    value.with("e_entry", traces::Value::hex(h->e_entry)).with("e_phoff", traces::Value::hex(h->e_phoff));
    value.with("e_phnum", traces::Value::count(h->e_phnum));
    return value;
}

traces::Value traceValue(const elf_phdr* h) {
    if (!h) return traces::Value::null();
    auto value = traces::Value::object();
    value.with("p_type", traces::Value::hex(h->p_type)).with("p_flags", traces::Value::hex(h->p_flags));
    value.with("p_offset", traces::Value::hex(h->p_offset)).with("p_vaddr", traces::Value::hex(h->p_vaddr));
    value.with("p_filesz", traces::Value::hex(h->p_filesz)).with("p_memsz", traces::Value::hex(h->p_memsz));
    value.with("p_align", traces::Value::hex(h->p_align));
    return value;
}

bool hasElfMagic(const elfhdr& header) {
    const bool magic = std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0;
    u32 seen;
    std::memcpy(&seen, header.e_ident, sizeof seen);
    return check("e_ident begins with 7f 45 4c 46", magic, seen);
}

bool elf_check_arch(const elfhdr& header) {
    return check("e_machine == EM_X86_64", header.e_machine == EM_X86_64, int{header.e_machine});
}

bool isExecutableType(const elfhdr& header) {
    return check("e_type is ET_EXEC or ET_DYN", header.e_type == ET_EXEC || header.e_type == ET_DYN, int{header.e_type});
}

bool canBeMapped(const file* file) {
    const bool possible = file->f_op && file->f_op->canMmap();
    return check("file has an mmap operation", possible, possible);
}

bool hasProgramHeaders(const elfhdr& header, u64 table_bytes) {
    const bool size = header.e_phentsize == sizeof(elf_phdr);
    if (!check("e_phentsize == 56", size, int{header.e_phentsize})) return false;
    const bool number = header.e_phnum >= 1 && header.e_phnum <= table_bytes / sizeof(elf_phdr);
    return check(table_bytes == 65536 ? "1 <= e_phnum <= 1170" : "1 <= e_phnum <= 73", number, int{header.e_phnum});
}

Result<ProgramHeaders> readProgramHeaders(file* file, const elfhdr& header) {
    ProgramHeaders headers(header.e_phnum);
    const u64 size = headers.size() * sizeof(elf_phdr);
    const int read = kernel_read(file, static_cast<loff_t>(header.e_phoff), headers.data(), size);
    if (!check("the file holds its program headers", read == static_cast<int>(size), read)) return Failure{read < 0 ? read : -EIO};
    return headers;
}

const elf_phdr* findHeader(const ProgramHeaders& headers, u32 type) {
    const auto found = std::ranges::find(headers, type, &elf_phdr::p_type);
    return found == headers.end() ? nullptr : &*found;
}

u64 segmentProtection(const elf_phdr& segment) {
    u64 prot = 0;
    if (segment.p_flags & PF_R) prot |= PROT_READ;
    if (segment.p_flags & PF_W) prot |= PROT_WRITE;
    if (segment.p_flags & PF_X) prot |= PROT_EXEC;
    return prot;
}

// The part of the bss that shares a page with the file's data.
TRACED(int, padzero, (u64, elf_bss)) {
    const u64 offset = ELF_PAGEOFFSET(elf_bss);
    if (!offset) return 0;
    const bool zeroed = clear_user(UserPtr<void>(elf_bss), PAGE_SIZE - offset) == 0;
    return check("the page behind the file's bytes is writable", zeroed, elf_bss) ? 0 : -EFAULT;
}

}  // namespace loader
