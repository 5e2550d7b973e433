// What the files of v6.1's memory management share, and what exec uses of it.
#pragma once

#include "kernel_model/mm/internal.hpp"

namespace kernel::v6_1 {

// include/linux/mm_types.h enum vm_fault_reason, beside those of linux/mm.hpp.
constexpr int VM_FAULT_WRITE = 8, VM_FAULT_SIGSEGV = 0x40, VM_FAULT_NOPAGE = 0x100, VM_FAULT_LOCKED = 0x200;
constexpr u64 PMD_SIZE = u64{1} << 21, USER_PGTABLES_CEILING = ~u64{0};

struct vm_fault {
    vm_area_struct* vma;
    u64 address;                            // of the page
    pgoff_t pgoff;
    u32 flags;                              // FAULT_FLAG_*
    u64 orig_pte = 0;
    kernel::page* page = nullptr;           // of the file, with a reference
    kernel::page* cow_page = nullptr;
};
traces::Value traceValue(const vm_fault*);

// ---- fault.cpp
bool pageFault(u64 address, u32 error_code);
// ---- memory.cpp, memory_wp.cpp, filemap.cpp, memory_copy.cpp
int handle_mm_fault(vm_area_struct*, u64 address, u32 flags);           // counts the fault, too
int faultIn(mm_struct*, vm_area_struct*, u64 address, u32 flags);
u64* pteAlloc(mm_struct*, u64 address);                                 // with __pud_alloc, __pmd_alloc, __pte_alloc in the trace
int anonVmaPrepare(vm_area_struct*);                                    // anon_vma_prepare, __anon_vma_prepare
int do_wp_page(vm_fault*);
int filemap_map_pages(vm_fault*, pgoff_t start, pgoff_t end);
int do_fault_of(vm_fault*);                                             // vm_ops->fault: filemap_fault, shmem_fault, special_mapping_fault
void do_set_pte(vm_fault*, page*, u64 address);
int copy_page_range(vm_area_struct* dst, vm_area_struct* src);
u64 unmap_vmas(const VmaList&, u64 start, u64 end);                     // how many entries there were
void free_pgtables(mm_struct*, const VmaList&, u64 floor, u64 ceiling);
void zap_page_range_single(vm_area_struct*, u64 start, u64 size);
Result<page*> get_user_pages_remote(mm_struct*, u64 address, bool write);   // one page, with a reference
// ---- rmap.cpp
int anon_vma_clone(vm_area_struct* dst, vm_area_struct* src);
int anon_vma_fork(vm_area_struct* vma, vm_area_struct* parent);
// ---- mmap.cpp, munmap.cpp
OrNull<vm_area_struct> vm_area_alloc(mm_struct*);
vm_area_struct* find_vma(mm_struct*, u64 address);                      // where Linux calls it and does not inline it
bool may_expand_vm(mm_struct*, u64 vm_flags, u64 pages);
void vm_stat_account(mm_struct*, u64 vm_flags, i64 pages);
Result<u64> do_mmap(file*, u64 address, u64 length, u64 prot, u64 flags, pgoff_t);
int do_mas_munmap(mm_struct*, u64 start, u64 length);
int __vm_munmap(u64 start, u64 length);
int vm_munmap(u64 start, u64 length);
int __split_vma(mm_struct*, vm_area_struct*, u64 address, int new_below);
int split_vma(mm_struct*, vm_area_struct*, u64 address, int new_below);
int vm_brk_flags(u64 address, u64 request, u64 flags);                  // flags: 0 or VM_EXEC
bool moveBreak(mm_struct*, u64 brk);
int expand_downwards(vm_area_struct*, u64 address);
int expand_stack_locked(vm_area_struct*, u64 address);
vm_area_struct* find_extend_vma_locked(mm_struct*, u64 address);
void exit_mmap(mm_struct*);
// ---- mprotect.cpp
int mprotect_fixup(vm_area_struct*, vm_area_struct** prev, u64 start, u64 end, u64 newflags);
long do_mprotect_pkey(u64 start, u64 length, u64 prot, int pkey);        // pkey -1: none is asked for
// ---- mm_struct.cpp
OrNull<vm_area_struct> vm_area_dup(const vm_area_struct*);
int set_mm_exe_file(mm_struct*, file*);     // EACCES: somebody writes to it
int fillDuplicate(task_struct*, mm_struct*, mm_struct* oldmm);
void lastUser(mm_struct*);

}  // namespace kernel::v6_1
