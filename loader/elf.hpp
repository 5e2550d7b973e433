// What both kernel versions' load_elf_binary are made of (fs/binfmt_elf.c).
#pragma once

#include "kernel_model/include/linux/binfmts.hpp"

#include <span>
#include <string>
#include <vector>

namespace loader {

using kernel::Result;

constexpr u64 ELF_PAGESTART(u64 a) { return a & kernel::PAGE_MASK; }
constexpr u64 ELF_PAGEOFFSET(u64 a) { return a & ~kernel::PAGE_MASK; }
constexpr u64 ELF_PAGEALIGN(u64 a) { return kernel::PAGE_ALIGN(a); }
constexpr bool BAD_ADDR(u64 a) { return a >= kernel::TASK_SIZE; }
constexpr u64 ELF_ET_DYN_BASE = kernel::TASK_SIZE / 3 * 2;      // 0x555555554aaa

struct elfhdr : Elf64_Ehdr {};
struct elf_phdr : Elf64_Phdr {};
struct ProgramHeaders : std::vector<elf_phdr> {
    using vector::vector;
};
inline traces::Value traceValue(const ProgramHeaders& h) { return traces::Value::count(static_cast<i64>(h.size())); }
traces::Value traceValue(const elfhdr*);
traces::Value traceValue(const elf_phdr*);

// The rules for a header's fields (elf(5)); class, data encoding and version are not looked at.
bool hasElfMagic(const elfhdr&);
bool elf_check_arch(const elfhdr&);
bool isExecutableType(const elfhdr&);
bool canBeMapped(const kernel::file*);
bool hasProgramHeaders(const elfhdr&, u64 table_bytes);     // right entry size; between 1 and as many as fit the bytes
Result<ProgramHeaders> readProgramHeaders(kernel::file*, const elfhdr&);    // EIO when the file is short
const elf_phdr* findHeader(const ProgramHeaders&, u32 type);  // the first, or null

// PROT_* of a segment.
u64 segmentProtection(const elf_phdr&);
int padzero(u64 elf_bss);

// argc, argv, envp and the auxiliary vector. The programs' auxv is the version's: it lists the entries in its order.
struct AuxiliaryValues {
    u64 sysinfo_ehdr, phdr, phent, phnum, base, entry;
    u64 uid, euid, gid, egid, secure, random, execfn, platform;
    u64 flags;
    bool has_execfd;
    u64 execfd;
};
AuxiliaryValues auxiliaryValues(const kernel::linux_binprm*, const elfhdr& exec);     // what does not depend on the version
using AuxiliaryVector = std::vector<std::pair<u64, u64>>;       // type and value, AT_NULL last
using ListAuxiliary = AuxiliaryVector (*)(const AuxiliaryValues&);

// Where the pieces of the initial stack lie (System V ABI AMD64 §3.4.1), from the bottom of the strings downwards.
struct StackLayout {
    u64 platform, random, auxv, envp, argv, argc;      // argc is the initial rsp, 16-byte aligned
};
StackLayout layOutStack(u64 bottom, u64 argc, u64 envc, u64 auxiliary_pairs);

int createElfTables(kernel::linux_binprm*, AuxiliaryValues values, ListAuxiliary);

constexpr bool isError(u64 value) { return value >= static_cast<u64>(-4095); }     // IS_ERR_VALUE
inline u64 asAddress(const kernel::Result<u64>& r) { return r.ok() ? r.value() : static_cast<u64>(i64{r.error()}); }

}  // namespace loader
