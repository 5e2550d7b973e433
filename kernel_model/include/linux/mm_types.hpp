// struct page, vm_area_struct, mm_struct (Linux include/linux/mm_types.h, v3.10; fields per spec/structs.md).
#pragma once

#include "kernel_model/include/linux/types.hpp"

#include <array>
#include <map>
#include <vector>

namespace kernel {

struct file;
struct inode;
struct address_space;
struct core_state;
struct linux_binfmt;
struct mm_struct;
struct vm_area_struct;

// One physical frame. Index in mem_map = page frame number. Reference and map counts are events of the `page` kind only
// through pte and page_fill; the struct itself is too numerous to be an Object.
struct page {
    int _count = 0;             // references; 0 = free
    int _mapcount = 0;          // page-table entries that map it (Linux stores this minus 1)
    address_space* mapping = nullptr;   // page cache owner, or null for anonymous and kernel pages
    pgoff_t index = 0;
    u32 flags = 0;              // PG_*
};
constexpr u32 PG_anon = 1, PG_dirty = 2, PG_uptodate = 4, PG_table = 8, PG_zero = 16, PG_traced = 32,   // PG_traced: its page_fill is out
              PG_anon_exclusive = 64;   // v6.1: only this mapping may write to it without a copy
traces::Value traceValue(const page*);      // its frame number

constexpr u64 VM_READ = 1, VM_WRITE = 2, VM_EXEC = 4, VM_SHARED = 8, VM_MAYREAD = 0x10, VM_MAYWRITE = 0x20,
              VM_MAYEXEC = 0x40, VM_MAYSHARE = 0x80, VM_GROWSDOWN = 0x100, VM_DENYWRITE = 0x800, VM_EXECUTABLE = 0x1000,
              VM_LOCKED = 0x2000, VM_IO = 0x4000, VM_DONTDUMP = 0x4000000, VM_DONTCOPY = 0x20000, VM_DONTEXPAND = 0x40000, VM_ACCOUNT = 0x100000,
              VM_NORESERVE = 0x200000, VM_STACK_INCOMPLETE_SETUP = 0x4000000, VM_SEQ_READ = 0x8000, VM_RAND_READ = 0x10000, VM_WIPEONFORK = 0x2000000;
constexpr u64 VM_DATA_DEFAULT_FLAGS = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;   // | VM_EXEC with READ_IMPLIES_EXEC
constexpr u64 VM_STACK_FLAGS = VM_GROWSDOWN | VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT;

// Faults of special mappings (vDSO): the pages are given.
struct vm_operations_struct {
    const char* (*name)(const vm_area_struct*) = nullptr;   // "[vdso]"
    bool special = false;
};

struct vm_area_struct : Object {
    explicit vm_area_struct(const vm_area_struct* from = nullptr) : Object("vm_area_struct", sizeof *this, from) {}
    FIELD(u64, vm_start);
    FIELD(u64, vm_end);                     // exclusive
    FIELD(mm_struct*, vm_mm);
    FIELD(u64, vm_flags);
    FIELD(pgoff_t, vm_pgoff);
    file* vm_file = nullptr;                // holds a reference
    u32 anon_vma = 0;                       // identity of Linux's struct anon_vma; 0: no private page was ever put in
    u32 anon_vma_chain = 0;                 // how many are linked: more than one after fork (mergeability depends on it)
    const vm_operations_struct* vm_ops = nullptr;
    std::vector<page*> special_pages;       // vm_ops->special
};

constexpr u32 MMF_DISABLE_THP = 1 << 24;

struct mm_struct : Object {
    explicit mm_struct(const mm_struct* from = nullptr) : Object("mm_struct", sizeof *this, from) {}
    std::map<u64, vm_area_struct*> mm_rb;   // by vm_start; Linux keeps list + rb-tree
    int membarrier_state = 0;               // MEMBARRIER_CMD_REGISTER_* that were asked for
    vm_area_struct* mmap_cache = nullptr;
    FIELD(u64, pgd);                        // physical address of the top table: CR3
    FIELD(int, mm_users);
    FIELD(int, mm_count);
    FIELD(int, map_count);
    FIELD(u64, mmap_base);
    FIELD(bool, mmap_legacy);               // get_unmapped_area bottom-up
    FIELD(u64, free_area_cache);
    FIELD(u64, cached_hole_size);
    FIELD(u64, task_size);
    FIELD(u64, total_vm);                   // pages
    FIELD(u64, locked_vm);
    FIELD(u64, stack_vm);
    FIELD(u64, exec_vm);
    FIELD(u64, shared_vm);                  // v3.10
    FIELD(u64, data_vm);                    // v6.1: private writable
    FIELD(u64, def_flags);
    FIELD(u64, start_code);
    FIELD(u64, end_code);
    FIELD(u64, start_data);
    FIELD(u64, end_data);
    FIELD(u64, start_brk);
    FIELD(u64, brk);
    FIELD(u64, start_stack);
    FIELD(u64, arg_start);
    FIELD(u64, arg_end);
    FIELD(u64, env_start);
    FIELD(u64, env_end);
    FIELD(u32, flags);                      // dumpable, coredump_filter, MMF_*
    FIELD(u64, vdso);                       // Linux: context.vdso
    FIELD(u64, nr_ptes);
    FIELD(struct core_state*, core_state);  // v3.10: a core dump of it in progress
    FIELD(u32, pkey_allocation_map);        // v6.1: context.pkey_allocation_map, context.execute_only_pkey
    FIELD(int, execute_only_pkey);
    const linux_binfmt* binfmt = nullptr;
    file* exe_file = nullptr;               // holds a reference
    std::array<u64, 44> saved_auxv{};       // v3.10: 44 longs
    i64 rss_file = 0, rss_anon = 0;         // rss_stat
};

}  // namespace kernel
