// A guest process's memory and the files mapped into it, read as they are: nothing is faulted in and nothing changes.
#pragma once

#include "emu/elf/elf_file.hpp"
#include "kernel_model/include/linux/mm_types.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>

namespace emu {

// An ELF file as it lies in the process.
struct Module {
    std::string path;               // in the guest; "[vdso]"
    u64 bias = 0;                   // address minus the file's own virtual address
    ElfFile elf;
    std::vector<u8> eh_frame;       // content of that section
    u64 eh_frame_address = 0;       // in the process
};

class UserSpace {
public:
    explicit UserSpace(const kernel::mm_struct* mm) : mm_(mm) {}

    bool read(u64 address, std::span<u8> to) const;
    std::optional<u64> word(u64 address) const;
    bool executable(u64 address) const;
    const Module* moduleAt(u64 address);            // null: nothing with an ELF file behind it is mapped there
    // The innermost function symbol that covers the address; with its distance. Empty: none.
    static std::string symbolAt(const Module&, u64 address, u64& offset);

private:
    const kernel::vm_area_struct* areaAt(u64 address) const;
    bool readPiece(u64 address, std::span<u8> to) const;    // within a page
    Module load(const kernel::vm_area_struct*);

    const kernel::mm_struct* mm_;
    std::map<u64, Module> modules_;                 // by the address of their first mapping
    u64 budget_ = u64{128} << 20;                   // bytes of files that may still be read: a sparse file may claim any size
};

}  // namespace emu
