// load_elf_binary's locals, by Linux's names (v3.10), so that its steps can be functions.
#pragma once

#include "loader/elf.hpp"

namespace loader::v3_10 {

struct ElfImage {
    elfhdr elf_ex{};
    elfhdr interp_elf_ex{};
    ProgramHeaders elf_phdata;
    kernel::file* interpreter = nullptr;
    kernel::Local<std::string> elf_interpreter{"elf_interpreter"};
    kernel::Local<int> executable_stack{"executable_stack", kernel::EXSTACK_DEFAULT};
    kernel::Local<u64> load_addr{"load_addr"};
    kernel::Local<bool> load_addr_set{"load_addr_set"};
    kernel::Local<u64> load_bias{"load_bias"};
    kernel::Local<u64> elf_bss{"elf_bss"};
    kernel::Local<u64> elf_brk{"elf_brk"};
    kernel::Local<u64> start_code{"start_code", ~u64{0}};
    kernel::Local<u64> end_code{"end_code"};
    kernel::Local<u64> start_data{"start_data"};
    kernel::Local<u64> end_data{"end_data"};
    kernel::Local<u64> interp_load_addr{"interp_load_addr"};
    kernel::Local<u64> interp_map_addr{"interp_map_addr"};
    kernel::Local<u64> elf_entry{"elf_entry"};

    ~ElfImage();        // lets an opened interpreter go
};

// Before flush_old_exec: errors reach the caller of execve.
int readHeaders(kernel::linux_binprm*, ElfImage&);          // the file's headers and their rules; ENOEXEC, EIO
int openInterpreter(kernel::linux_binprm*, ElfImage&);      // PT_INTERP, if there is one

// After it: an error has sent the signal that ends the process.
int mapSegments(kernel::linux_binprm*, ElfImage&);          // every PT_LOAD, the bss and the heap's beginning
struct FirstMapping {       // where load_elf_interp says which address its first mapping got
    kernel::Local<u64>* address;
};
inline traces::Value traceValue(FirstMapping m) { return traces::Value::hex(*m.address); }
u64 load_elf_interp(const elfhdr* interp_elf_ex, kernel::file* interpreter, FirstMapping interp_map_addr, u64 no_base);
int findEntry(ElfImage&);                                   // of the interpreter, or the program's own

constexpr bool isError(u64 value) { return value >= static_cast<u64>(-4095); }     // IS_ERR_VALUE

}  // namespace loader::v3_10
