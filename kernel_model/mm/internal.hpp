// What the files of mm/ share: page-table entries, walks, VMA lists (Linux mm/internal.h, asm/pgtable.h, v3.10).
#pragma once

#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/mm.hpp"

#include <algorithm>

namespace kernel {

// Software bits of an entry (asm/pgtable_types.h): the zero page is "special"; PROT_NONE keeps the frame without P.
constexpr u64 PTE_SPECIAL = 0x200, PTE_PROTNONE = 0x100, PTE_TABLE = 0x67;
constexpr u64 PTE_KEPT = cpu::PTE_FRAME | PTE_SPECIAL | cpu::PTE_ACCESSED | cpu::PTE_DIRTY;  // _PAGE_CHG_MASK
constexpr u64 VM_SPECIAL = VM_DONTEXPAND, VM_ACCESS = VM_READ | VM_WRITE | VM_EXEC;
constexpr int sysctl_max_map_count = 65530;
constexpr u64 mmap_min_addr = 65536;
constexpr u64 TASK_UNMAPPED_BASE = PAGE_ALIGN(TASK_SIZE / 3);

inline bool pte_present(u64 pte) { return pte & (cpu::PTE_PRESENT | PTE_PROTNONE); }
inline bool pte_write(u64 pte) { return pte & cpu::PTE_WRITE; }
inline bool is_cow_mapping(u64 flags) { return (flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE; }
inline u64 maybe_mkwrite(u64 pte, const vm_area_struct* vma) {
    return vma->vm_flags & VM_WRITE ? pte | cpu::PTE_WRITE : pte;
}
inline u64 pfn_pte(u64 pfn, u64 prot) { return pfn << PAGE_SHIFT | prot; }
u64 vm_get_page_prot(u64 vm_flags);  // memory.cpp: entry bits of a mapping
inline u64 vma_pages(const vm_area_struct* vma) { return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT; }
inline pgoff_t linear_page_index(const vm_area_struct* vma, u64 address) {
    return ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
}

// ---- pgtable.cpp
inline u64* tableOf(u64 entry) { return reinterpret_cast<u64*>(machine().memory->frame(cpu::frameOf(entry))); }
u64* pte_alloc(mm_struct*, u64 address);                        // entry, its tables made; null: out of memory
// Level 3: the PGD's entry and the table it leads to, 2: the PUD's, 1: the PMD's.
bool tableAt(mm_struct*, u64 address, unsigned level);
int allocLevel(mm_struct*, u64 address, unsigned level);        // the table above it is there; 0 or -ENOMEM
void setEntry(mm_struct*, u64 address, u64* entry, u64 value);  // with the pte event, without TLB invalidation
void flush_tlb_range(mm_struct*, u64 start, u64 end);           // nothing when the mm is not the loaded one
page* vm_normal_page(u64 pte);                                  // null for the zero page
// Builds the vsyscall page and its three tables in four frames; the PGD's entry for them (vsyscall_64.cpp).
constexpr u64 VSYSCALL_FRAMES = 4;
u64 map_vsyscall(cpu::PhysicalMemory&, u64 first_frame);
u64 totalram_pages();  // page_alloc.cpp
u64 usedFrames();      // page_alloc.cpp: frames from here on were never handed out
std::vector<std::string> frameLeftovers();  // leftovers.cpp: counts of frames that are wrong, as text
u64 vsyscallEntry();  // page_alloc.cpp: what map_vsyscall returned
u64 pgd_alloc();                                                // physical address of a new top table, 0: out of memory
void pgd_free(u64 pgd);
// Frees the tables that serve [start, end) and lie wholly in [floor, ceiling), where no VMA is.
void free_pgd_range(mm_struct*, u64 start, u64 end, u64 floor, u64 ceiling);

// Calls f(address, entry) for every entry of [start, end) whose table exists and that is not none.
template <class F>
void forEachEntry(mm_struct* mm, u64 start, u64 end, F f) {
    for (u64 address = start; address < end;) {
        u64* table = tableOf(mm->pgd);
        unsigned level = 3;
        for (; level > 0; --level) {
            const u64 entry = table[cpu::pageTableIndex(address, level)];
            if (!(entry & cpu::PTE_PRESENT)) break;
            table = tableOf(entry);
        }
        const u64 span = u64{1} << (PAGE_SHIFT + 9 * std::max(level, 1u));
        const u64 stop = std::min(end, (address & ~(span - 1)) + span);
        if (level == 0) {
            u64* entry = table + cpu::pageTableIndex(address, 0);
            for (; address < stop; address += PAGE_SIZE, ++entry)
                if (*entry) f(address, entry);
        }
        address = stop;
    }
}

// An entry as an argument in the trace.
struct PteSlot {
    u64* entry;
};
inline traces::Value traceValue(PteSlot slot) {
    return slot.entry ? traces::Value::hex(*slot.entry) : traces::Value::null();
}

// ---- vma.cpp
inline traces::Value traceValue(vm_area_struct** vma) { return vma ? objectValue(*vma) : traces::Value::null(); }
using VmaList = std::vector<vm_area_struct*>;
traces::Value traceValue(const VmaList&);
struct VmaRange {
    u64 start, end, flags;
};
inline VmaRange rangeOf(const vm_area_struct* vma) { return {vma->vm_start, vma->vm_end, vma->vm_flags}; }
void traceVmaChange(const vm_area_struct*, const VmaRange& before);
std::string vmaName(const vm_area_struct*);  // path, [heap], ...; empty: none
vm_area_struct* vmaPrevious(const vm_area_struct*);
vm_area_struct* vmaNext(const vm_area_struct*);
vm_area_struct* vmaBefore(mm_struct*, u64 address);  // last with vm_start < address, or null
void linkVma(mm_struct*, vm_area_struct*);
void vma_link(mm_struct*, vm_area_struct*);          // the same, in the trace
void unlinkVma(vm_area_struct*);                   // out of mm_rb, with the event
void remove_vma(vm_area_struct*);                  // drops its file and frees it
vm_area_struct* copyOfVma(const vm_area_struct*);  // not linked yet; with a reference to the file
void dropCopyOfVma(vm_area_struct*);               // which was never linked
vm_area_struct* vma_merge(mm_struct*, vm_area_struct* prev, u64 address, u64 end, u64 vm_flags, u32 anon_vma, file*,
                          pgoff_t);
// Gives [start, end) of a VMA other flags: merges with neighbours or splits. *vma is then the one that covers the
// range.
int changeFlags(vm_area_struct** vma, vm_area_struct** prev, u64 start, u64 end, u64 newflags);

void setRange(vm_area_struct*, u64 start, u64 end, pgoff_t);            // with the change event
void inheritAnonVma(vm_area_struct* to, const vm_area_struct* from);
// Could the VMA take over private memory behind (or before) it that has these properties? is_mergeable_vma and the like.
struct MergeRequest {
    u64 flags;
    u32 anon_vma;
    const file* vm_file;
    pgoff_t pgoff, pages;
};
bool canMergeAfter(const vm_area_struct*, const MergeRequest&);
bool canMergeBefore(const vm_area_struct*, const MergeRequest&);

// ---- mmap.cpp
int security_vm_enough_memory_mm(u64 pages);  // 0 or -ENOMEM: overcommit heuristics
u64 calc_vm_prot_bits(u64 prot);
u64 round_hint_to_min(u64 hint);  // lowest address that a hint may name without MAP_FIXED
// The checks of a mapping's type against the file's mode; adds VM_SHARED and the like.
int mappingFlags(const file*, u64 address, u64 prot, u64 flags, u64& vm_flags, pgoff_t&);
bool withinLockLimit(const mm_struct*, u64 vm_flags, u64 length);       // RLIMIT_MEMLOCK, were they locked
u64 countPagesMapped(mm_struct*, u64 start, u64 end);
int attachFile(vm_area_struct*, file*);  // file or shared memory behind a new VMA; on failure nothing is held
int acct_stack_growth(vm_area_struct*, u64 size, u64 grow);
inline u64 vm_start_gap(const vm_area_struct* vma) {
    const u64 gap = vma->vm_flags & VM_GROWSDOWN ? version().mm.stack_guard_gap : 0;
    return vma->vm_start > gap ? vma->vm_start - gap : 0;
}
int shmem_zero_setup(vm_area_struct*);                  // shmem.cpp: memory behind a shared anonymous mapping
void replaceExeFile(mm_struct*, file* held);            // mm_struct.cpp: mm.exe_file takes over the reference; null: none
void mm_populate(mm_struct*, u64 address, u64 length);  // MAP_POPULATE, mlock

// ---- rmap.cpp. An entry maps the page, or no longer does: its _mapcount, in the trace.
void page_add_rmap(page*);
void page_remove_rmap(page*);
// trace.cpp: the change of a count of a page that user memory consists of, as a field of the object page#FRAME.
void tracePageCount(const page*, const char* field, int before, int after);
u32 newAnonVma();
void anon_vma_prepare(vm_area_struct*);
int anon_vma_fork(vm_area_struct* vma, vm_area_struct* parent);

// ---- zap.cpp
u64 zapRange(mm_struct*, u64 start, u64 end);  // how many entries there were; when any, the caller flushes the TLB

// ---- memory.cpp: what the fault handlers are made of
inline bool isAnon(const page* p) { return p->flags & PG_anon; }
void page_add_new_anon_rmap(page*);
struct FileFault {
    int result;    // VM_FAULT_*
    page* mapped;  // with a reference, unless result is an error
};
void addToPageCache(address_space*, pgoff_t, page*);      // filled; the reference goes over
FileFault faultInFilePage(const vm_area_struct*, pgoff_t);     // SIGBUS behind its end; MAJOR: it had to be read
FileFault faultInSpecialPage(const vm_area_struct*, pgoff_t);
page* newAnonPage();                                           // zeroed; null: out of memory
void copyPage(page* to, const page* from);

// ---- oom_kill.cpp
void pagefault_out_of_memory();                                // kills a process; it may be current

// ---- arch/x86/mm/fault.cpp
constexpr int SEGV_MAPERR_CODE = 1, SEGV_ACCERR_CODE = 2, BUS_ADRERR_CODE = 2;
constexpr u64 VSYSCALL_PAGE = 0xffff'ffff'ff60'0000;
bool emulate_vsyscall(pt_regs*, u64 address);                  // arch/x86/kernel/vsyscall_64.cpp
void rememberPageFault(u64 address, u64 error_code);           // current->thread, for the signal frame

}  // namespace kernel
