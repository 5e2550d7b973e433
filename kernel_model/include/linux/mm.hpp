// Memory management, between mm/ and the rest (Linux include/linux/mm.h).
#pragma once

#include "cpu/cpu.hpp"
#include "kernel_model/include/linux/mm_types.hpp"

#include <span>

namespace kernel {

struct task_struct;

// ---- mm/page_alloc.cpp: frames. Deterministic: lowest free frame first after frees, in LIFO order.
void page_alloc_init(cpu::PhysicalMemory& memory);
page* alloc_page();                         // zeroed content is not promised; _count = 1; null when memory is exhausted
page* alloc_zeroed_page();
void get_page(page*);
void put_page(page*);                       // frees at 0 and tells the cpu (frameChanged)
u64 page_to_pfn(const page*);
page* pfn_to_page(u64 pfn);
u8* page_address(const page*);              // host pointer to the 4096 bytes
page* ZERO_PAGE();                          // the shared zero page
u64 nr_free_pages();

// ---- mm/mmap.cpp
vm_area_struct* find_vma(mm_struct*, u64 address);                      // first with vm_end > address, or null
vm_area_struct* find_vma_intersection(mm_struct*, u64 start, u64 end);
int insert_vm_struct(mm_struct*, vm_area_struct*);
Result<u64> get_unmapped_area(file*, u64 address, u64 length, pgoff_t, u64 flags);
Result<u64> vm_mmap(file*, u64 address, u64 length, u64 prot, u64 flags, u64 offset);            // offset in bytes
// Moves a VMA's ends (shift_arg_pages, mremap): keeps mm_rb in order and emits the `change` event. Never fails here.
int vma_adjust(vm_area_struct*, u64 start, u64 end, pgoff_t pgoff);
int install_special_mapping(mm_struct*, u64 address, u64 length, u64 vm_flags, std::vector<page*> pages, const vm_operations_struct*);
u64 vmaChanges();                           // mm/trace.cpp: how often areas of any process have come, gone or changed so far
// ---- mm/mremap.cpp
u64 move_page_tables(vm_area_struct* from, u64 old_address, vm_area_struct* to, u64 new_address, u64 length);
// ---- mm/memory.cpp
constexpr u32 FAULT_FLAG_WRITE = 1, FAULT_FLAG_USER = 2;
constexpr int VM_FAULT_OOM = 1, VM_FAULT_SIGBUS = 2, VM_FAULT_MAJOR = 4, VM_FAULT_ERROR = VM_FAULT_OOM | VM_FAULT_SIGBUS;
void unmap_mapping_range(const address_space*, pgoff_t first);          // a file was cut to `first` pages
void freePageTables(mm_struct*, u64 start, u64 end);                    // tables of an address range without VMAs
u64* pte_lookup(mm_struct*, u64 address);                               // entry, or null when a table is missing
void set_pte_at(mm_struct*, u64 address, u64* entry, u64 value);        // emits `pte`, invalidates the TLB page if mm is loaded
// Faults the page in as the kernel's get_user_pages does and returns it (with a reference), on any mm.
Result<page*> get_user_page(mm_struct*, u64 address, bool write);

// ---- kernel/fork.cpp side
OrNull<mm_struct> mm_alloc();
OrNull<mm_struct> dup_mm(task_struct*);
void mmput(mm_struct*);
void mmdrop(mm_struct*);
void set_mm_exe_file(mm_struct*, file*);

// ---- arch/x86/mm/fault.cpp
bool fault_in_user_byte(u64 address, bool write);                       // uaccess: true when the byte may be accessed now

// ---- fs/proc/task_mmu.c's part of /proc/PID/maps (mm/task_mmu.cpp): lines with their newline
std::string show_map_vma(const vm_area_struct*);
std::string show_maps(const mm_struct*);                                // all of them and the [vsyscall] gate

// ---- arch/x86/mm/mmap.cpp
void arch_pick_mmap_layout(mm_struct*);

// The kernel wrote into user memory behind uaccess's back (exec's argument pages): the user_write event.
void traceUserWrite(const mm_struct*, u64 address, const void* bytes, u64 size);
// Every change of a VMA that the trace should show.
void traceVma(const char* op, const vm_area_struct*);                   // "add", "change", "remove"
// Content of a page came to be: source zero (from: null), copy (from: the other frame's number, hex), file (from: object
// with file and offset), kernel (null). A file page is reported once, however often this is called.
void tracePageFill(const page*, const char* source, traces::Value from);
void tracePageWrite(const page*, u64 offset, u64 size);                 // its bytes there, as they are now
std::string vmaPermissions(u64 vm_flags);                               // r-xp

}  // namespace kernel
