// load_elf_binary's locals, by Linux's names (v3.10), so that its steps can be functions.
#pragma once

#include "kernel_model/versions/v3_10/exec.hpp"
#include "loader/elf.hpp"

namespace loader::v3_10 {

using namespace kernel::v3_10;

// Size from the first segment's page to the last one's end; 0 without PT_LOAD.
u64 total_mapping_size(const elf_phdr* cmds, int nr);
// Maps the file part of a segment at the page of addr. total_size, if not 0, is reserved in one go and its tail given back.
Result<u64> elf_map(kernel::file*, u64 addr, const elf_phdr*, u64 prot, u64 type, u64 total_size);
int set_brk(u64 start, u64 end);

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
kernel::Result<u64> load_elf_interp(const elfhdr* interp_elf_ex, kernel::file* interpreter, FirstMapping interp_map_addr, u64 no_base);
int findEntry(ElfImage&);                                   // of the interpreter, or the program's own

bool elf_core_dump(kernel::coredump_params*);           // false: no core was written

}  // namespace loader::v3_10
