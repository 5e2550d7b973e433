// What the files of v3.10's memory management share, and its record (mm_version.cpp) names.
#pragma once

#include "kernel_model/mm/internal.hpp"

namespace kernel::v3_10 {

// fault.cpp
bool pageFault(u64 address, u32 error_code);
class SignalOnUserError {                   // while it lives, the current task's failing uaccess sends its signal, too
public:
    SignalOnUserError();
    ~SignalOnUserError();
    SignalOnUserError(const SignalOnUserError&) = delete;
    SignalOnUserError& operator=(const SignalOnUserError&) = delete;
};
// memory.cpp, memory_copy.cpp
int handle_mm_fault(mm_struct*, vm_area_struct*, u64 address, u32 flags);
int faultIn(mm_struct*, vm_area_struct*, u64 address, u32 flags);   // with its accounting
int copy_page_range(mm_struct* dst, mm_struct* src, vm_area_struct*);
void zap_page_range(vm_area_struct*, u64 start, u64 size);
// mmap.cpp
void vm_stat_account(mm_struct*, u64 flags, const file*, i64 pages);
int may_expand_vm(mm_struct*, u64 pages);
Result<u64> mmap_region(file*, u64 address, u64 length, u64 vm_flags, pgoff_t);
Result<u64> do_mmap_pgoff(file*, u64 address, u64 length, u64 prot, u64 flags, pgoff_t);
// munmap.cpp
int __split_vma(mm_struct*, vm_area_struct*, u64 address, int new_below);
int split_vma(mm_struct*, vm_area_struct*, u64 address, int new_below);
int do_munmap(mm_struct*, u64 start, u64 length);
int vm_munmap(u64 start, u64 length);
Result<u64> vm_brk(u64 address, u64 length);
bool moveBreak(mm_struct*, u64 brk);
int expand_downwards(vm_area_struct*, u64 address);
int expand_stack(vm_area_struct*, u64 address);
vm_area_struct* find_extend_vma(mm_struct*, u64 address);
void exit_mmap(mm_struct*);
// mprotect.cpp
int mprotect_fixup(vm_area_struct*, vm_area_struct** prev, u64 start, u64 end, u64 newflags);
long mprotect(u64 start, u64 length, u64 prot);
// mm_struct.cpp
int fillDuplicate(task_struct*, mm_struct*, mm_struct* oldmm);
vm_area_struct* find_vma(mm_struct*, u64 address);                      // where Linux calls it and nobody else did before
vm_area_struct* find_vma_intersection(mm_struct*, u64 start, u64 end);
void lastUser(mm_struct*);

}  // namespace kernel::v3_10
