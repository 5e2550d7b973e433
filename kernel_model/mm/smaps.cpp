// Linux fs/proc/task_mmu.c: /proc/PID/smaps, what each mapping takes of memory (proc(5)).
#include "kernel_model/fs/proc/task_mmu.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/mm/internal.hpp"

#include <cstdio>

namespace kernel {
namespace {

// Bytes; pss in 4096ths, so that shares add up.
struct mem_size_stats {
    u64 resident = 0, shared_clean = 0, shared_dirty = 0, private_clean = 0, private_dirty = 0, referenced = 0, anonymous = 0, locked = 0;
    u64 pss = 0, pss_anon = 0, pss_file = 0, pss_dirty = 0, pss_locked = 0;
};
constexpr unsigned PSS_SHIFT = 12;

void smaps_account(mem_size_stats& mss, const page* p, u64 pte, bool locked) {
    const bool dirty = pte & cpu::PTE_DIRTY || p->flags & PG_dirty;
    const u64 share = (PAGE_SIZE << PSS_SHIFT) / static_cast<u64>(std::max(p->_mapcount, 1));
    mss.resident += PAGE_SIZE;
    if (isAnon(p)) mss.anonymous += PAGE_SIZE;
    if (pte & cpu::PTE_ACCESSED) mss.referenced += PAGE_SIZE;
    mss.pss += share;
    (isAnon(p) ? mss.pss_anon : mss.pss_file) += share;
    if (dirty) mss.pss_dirty += share;
    if (locked) mss.pss_locked += share;
    if (p->_mapcount >= 2) (dirty ? mss.shared_dirty : mss.shared_clean) += PAGE_SIZE;
    else (dirty ? mss.private_dirty : mss.private_clean) += PAGE_SIZE;
}

void smap_gather_stats(const vm_area_struct* vma, mem_size_stats& mss) {
    if (vma->vm_ops && vma->vm_ops->name) return;           // [vdso] and the like have no pages of their own
    forEachEntry(vma->vm_mm, vma->vm_start, vma->vm_end, [&](u64, u64* entry) {
        if (const page* p = pte_present(*entry) ? vm_normal_page(*entry) : nullptr)
            smaps_account(mss, p, *entry, vma->vm_flags & VM_LOCKED);
    });
}

void line(std::string& s, const char* name, u64 kb) {
    char text[64];
    std::snprintf(text, sizeof text, "%-15s %8llu kB\n", name, static_cast<unsigned long long>(kb));
    s += text;
}

void show_smap_sizes(std::string& s, const mem_size_stats& mss, bool rollup) {
    const bool newer = version().process.newerProc;
    const auto pss = [&s](const char* name, u64 value) { line(s, name, value >> (10 + PSS_SHIFT)); };
    line(s, "Rss:", mss.resident >> 10);
    pss("Pss:", mss.pss);
    if (newer) pss("Pss_Dirty:", mss.pss_dirty);
    if (rollup) {
        pss("Pss_Anon:", mss.pss_anon);
        pss("Pss_File:", mss.pss_file);
        pss("Pss_Shmem:", 0);
    }
    line(s, "Shared_Clean:", mss.shared_clean >> 10);
    line(s, "Shared_Dirty:", mss.shared_dirty >> 10);
    line(s, "Private_Clean:", mss.private_clean >> 10);
    line(s, "Private_Dirty:", mss.private_dirty >> 10);
    line(s, "Referenced:", mss.referenced >> 10);
    line(s, "Anonymous:", mss.anonymous >> 10);
    if (newer) line(s, "LazyFree:", 0);
    line(s, "AnonHugePages:", 0);
    if (newer)
        for (const char* none : {"ShmemPmdMapped:", "FilePmdMapped:", "Shared_Hugetlb:", "Private_Hugetlb:"}) line(s, none, 0);
    line(s, "Swap:", 0);
    if (!newer) line(s, "KernelPageSize:", PAGE_SIZE >> 10), line(s, "MMUPageSize:", PAGE_SIZE >> 10);
    if (newer) line(s, "SwapPss:", 0);
    pss("Locked:", mss.pss_locked);
}

std::string show_smap_vma_flags(u64 flags) {
    struct Name { u64 flag; const char* text; };
    static constexpr Name names[] = {{VM_READ, "rd"}, {VM_WRITE, "wr"}, {VM_EXEC, "ex"}, {VM_SHARED, "sh"}, {VM_MAYREAD, "mr"},
        {VM_MAYWRITE, "mw"}, {VM_MAYEXEC, "me"}, {VM_MAYSHARE, "ms"}, {VM_GROWSDOWN, "gd"}, {VM_LOCKED, "lo"}, {VM_IO, "io"},
        {VM_SEQ_READ, "sr"}, {VM_RAND_READ, "rr"}, {VM_DONTCOPY, "dc"}, {VM_DONTEXPAND, "de"}, {VM_ACCOUNT, "ac"},
        {VM_NORESERVE, "nr"}, {VM_WIPEONFORK, "wf"}, {VM_DONTDUMP, "dd"}};
    std::string s = "VmFlags: ";
    for (const Name& name : names)
        if (flags & name.flag) s += std::string(name.text) + " ";
    return s + "\n";
}

}  // namespace

std::string show_smaps(const mm_struct* mm) {
    const bool newer = version().process.newerProc;
    std::string s;
    for (const auto& [start, vma] : mm->mm_rb) {
        mem_size_stats mss;
        smap_gather_stats(vma, mss);
        s += show_map_vma(vma);
        line(s, "Size:", (vma->vm_end - vma->vm_start) >> 10);
        if (newer) line(s, "KernelPageSize:", PAGE_SIZE >> 10), line(s, "MMUPageSize:", PAGE_SIZE >> 10);
        show_smap_sizes(s, mss, false);
        if (newer) s += "THPeligible:    0\n";
        s += show_smap_vma_flags(vma->vm_flags);
    }
    return s;
}

std::string show_smaps_rollup(const mm_struct* mm) {
    mem_size_stats mss;
    u64 first = 0, last = 0;
    for (const auto& [start, vma] : mm->mm_rb) {
        smap_gather_stats(vma, mss);
        if (!last) first = start;
        last = vma->vm_end;
    }
    char head[128];
    std::snprintf(head, sizeof head, "%08llx-%08llx ---p 00000000 00:00 0 ", static_cast<unsigned long long>(first),
                  static_cast<unsigned long long>(last));
    std::string s = head;
    s.resize(std::max<std::size_t>(s.size(), 73), ' ');
    s += "[rollup]\n";
    show_smap_sizes(s, mss, true);
    return s;
}

}  // namespace kernel
