// What both kernel versions' elf_core_dump are made of (fs/binfmt_elf.c; core(5), elf(5)).
#pragma once

#include "kernel_model/arch/x86/kernel/ptrace.hpp"
#include "kernel_model/include/linux/coredump.hpp"
#include "loader/elf.hpp"

#include <functional>

namespace loader {

struct memelfnote {
    const char* name = "CORE";
    u32 type = 0;                           // NT_*
    std::vector<u8> data;
};
struct elf_thread_core_info {
    kernel::task_struct* task = nullptr;
    std::vector<memelfnote> notes;          // NT_PRSTATUS first
};
inline traces::Value traceValue(const elf_thread_core_info* t) { return traces::objectValue(t->task); }
struct elf_note_info {
    std::vector<elf_thread_core_info> thread;   // the one that got the signal first
    memelfnote psinfo, signote, auxv, files;
    u64 size() const;                       // bytes in the file
};
inline traces::Value traceValue(const elf_note_info* i) { return traces::Value::count(static_cast<i64>(i->thread.size())); }
inline traces::Value traceValue(const memelfnote* n) { return traces::Value::hex(n->type); }

// False: the memory of the arguments cannot be read. `mappings`: those with a file are listed in NT_FILE.
bool fill_note_info(elfhdr*, int phdrs, elf_note_info*, kernel::coredump_params*, const std::vector<kernel::core_vma_metadata>* mappings);
void fill_elf_note_phdr(elf_phdr*, u64 size, u64 offset);
elf_phdr loadHeader(const kernel::core_vma_metadata&, u64 offset);      // PT_LOAD

// A note in the file: head, name, padding to 4 bytes, data, padding. False: as emit or pad said.
struct NoteSink {
    std::function<bool(std::span<const u8>)> emit;
    std::function<bool()> pad;
};
bool writeNotes(const elf_note_info&, const NoteSink&);

}  // namespace loader
