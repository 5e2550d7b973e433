// load_elf_binary's locals, by Linux's names (v6.1), so that its steps can be functions.
#pragma once

#include "kernel_model/versions/v6_1/exec.hpp"
#include "kernel_model/versions/v6_1/mm.hpp"
#include "loader/elf.hpp"

namespace loader::v6_1 {

using namespace kernel::v6_1;

struct ElfImage {
    elfhdr elf_ex{};
    elfhdr interp_elf_ex{};
    ProgramHeaders elf_phdata;
    ProgramHeaders interp_elf_phdata;
    kernel::file* interpreter = nullptr;
    kernel::Local<std::string> elf_interpreter{"elf_interpreter"};
    kernel::Local<int> executable_stack{"executable_stack", kernel::EXSTACK_DEFAULT};
    kernel::Local<u64> load_bias{"load_bias"};
    kernel::Local<u64> phdr_addr{"phdr_addr"};
    kernel::Local<u64> elf_brk{"elf_brk"};
    kernel::Local<u64> start_code{"start_code", ~u64{0}};
    kernel::Local<u64> end_code{"end_code"};
    kernel::Local<u64> start_data{"start_data"};
    kernel::Local<u64> end_data{"end_data"};
    kernel::Local<u64> interp_load_addr{"interp_load_addr"};
    kernel::Local<u64> e_entry{"e_entry"};
    kernel::Local<u64> elf_entry{"elf_entry"};

    ~ElfImage() { releaseInterpreter(); }
    void releaseInterpreter();
};

// Before begin_new_exec: errors reach the caller of execve.
int readHeaders(kernel::linux_binprm*, ElfImage&);          // the file's headers and their rules; ENOEXEC
int openInterpreter(kernel::linux_binprm*, ElfImage&);      // PT_INTERP, if there is one; ELIBBAD

// After it.
int mapSegments(kernel::linux_binprm*, ElfImage&);          // every PT_LOAD and the heap's beginning
int findEntry(ElfImage&);                                   // of the interpreter, or the program's own

// From the lowest page to the highest end of all PT_LOADs; 0 without one.
u64 total_mapping_size(const elf_phdr* phdr, int nr);
// Maps the file part of a segment. total_size, if not 0, is reserved in one go and its tail given back.
Result<u64> elf_map(kernel::file*, u64 addr, const elf_phdr*, int prot, u64 type, u64 total_size);
// elf_map, and the segment's bss.
Result<u64> elf_load(kernel::file*, u64 addr, const elf_phdr*, int prot, u64 type, u64 total_size);
// Where the interpreter lies, or a negative errno (-1 for a file it cannot use).
kernel::Result<u64> load_elf_interp(const elfhdr* interp_elf_ex, kernel::file* interpreter, u64 no_base, const elf_phdr* interp_elf_phdata);

bool elf_core_dump(kernel::coredump_params*);           // false: no core was written

}  // namespace loader::v6_1
