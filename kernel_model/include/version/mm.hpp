// See version.hpp. What memory management does in its own way in each version; the functions of the same name in both
// versions, and those that call these, are declared in linux/mm.hpp and mm/internal.hpp.
#pragma once

#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/version/version.hpp"

namespace kernel {

struct MmVersion {
    // arch/x86/mm/fault.c: do_page_fault, exc_page_fault. In user mode a bad access queues a signal; false: a bad access
    // of the kernel, which goes on at its exception table's entry.
    bool (*page_fault)(u64 address, u32 error_code);
    // A mapping's wish for an address below `end`: the address, when it is free; else an errno.
    Result<u64> (*acceptHint)(mm_struct*, u64 address, u64 length, u64 end);
    u64 (*stackGap)();                      // arch/x86/mm/mmap.c mmap_base: bytes kept for the stack above the mappings
    bool (*mmap_is_legacy)();               // bottom-up from TASK_UNMAPPED_BASE
    // mm/memory.c: handle_mm_fault and its accounting, as get_user_pages calls it. VM_FAULT_*.
    int (*faultIn)(mm_struct*, vm_area_struct*, u64 address, u32 flags);
    // mm/mmap.c. do_mmap: do_mmap_pgoff, do_mmap, on current->mm. do_munmap: do_munmap, do_mas_munmap.
    Result<u64> (*do_mmap)(file*, u64 address, u64 length, u64 prot, u64 flags, pgoff_t);
    int (*do_munmap)(mm_struct*, u64 start, u64 length);
    int (*vm_munmap)(u64 start, u64 length);
    int (*munmap)(u64 start, u64 length);                                   // what sys_munmap calls
    bool (*moveBreak)(mm_struct*, u64 brk);                                 // the middle of sys_brk
    bool (*may_expand_vm)(mm_struct*, u64 vm_flags, u64 pages);
    void (*vm_stat_account)(mm_struct*, u64 vm_flags, const file*, i64 pages);
    int (*expand_stack)(vm_area_struct*, u64 address);                      // expand_stack, expand_stack_locked
    vm_area_struct* (*find_extend_vma)(mm_struct*, u64 address);            // find_extend_vma, find_extend_vma_locked
    void (*exit_mmap)(mm_struct*);
    // mm/mprotect.c
    long (*mprotect)(u64 start, u64 length, u64 prot);                      // the body of sys_mprotect
    int (*mprotect_fixup)(vm_area_struct*, vm_area_struct** prev, u64 start, u64 end, u64 newflags);
    int (*split_vma)(mm_struct*, vm_area_struct*, u64 address, int new_below);
    OrNull<vm_area_struct> (*vm_area_dup)(const vm_area_struct*);                  // not linked yet; with a reference to the file
    // mm/madvise.c
    bool (*madvise_behavior_valid)(int behavior);
    vm_area_struct* (*findAdvised)(mm_struct*, u64 address, bool first);    // how madvise looks a VMA up
    void (*zap_page_range)(vm_area_struct*, u64 start, u64 size);           // zap_page_range, zap_page_range_single
    // kernel/fork.c
    bool mm_init_makes_context;                                             // else bprm_mm_init and dup_mm do
    int (*fillDuplicate)(task_struct* tsk, mm_struct* mm, mm_struct* oldmm);    // the rest of dup_mm
    void (*lastUser)(mm_struct*);           // mmput's work when nobody uses the address space any more

    u64 stack_guard_gap;                    // bytes kept free below a stack; 0: its VMA's lowest page is the guard
    bool exe_file_denies_writers;           // mm->exe_file keeps writers away; else VM_DENYWRITE mappings do
    bool show_vma_header_prefix;            // show_map_vma leaves the first fields of a line to it
    const char* special_mapping;            // the name of install_special_mapping
    bool vsyscall;                          // a page of system calls at 0xffffffffff600000
    const char* page_refcount;              // struct page's field: _count, _refcount
    const char* mmap_pgoff;                 // name of the function below sys_mmap
    bool guess_by_total;                    // OVERCOMMIT_GUESS refuses what exceeds all memory; else what exceeds the free
    bool newer_mremap;                      // MREMAP_DONTUNMAP; nothing is done at an address that is not mapped
    const char* madvise_dontneed;           // name of the function
};

namespace v3_10 { extern const MmVersion mmVersion; }
namespace v6_1 { extern const MmVersion mmVersion; }

}  // namespace kernel
