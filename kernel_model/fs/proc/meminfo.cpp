// How memory is used (Linux fs/proc/meminfo.c, mm/vmstat.c; proc(5)).
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/counts.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/ipc/shm.hpp"

namespace kernel {
namespace {

struct Frames { u64 total = 0, free = 0, anon = 0, cached = 0, mapped = 0, tables = 0; };
Frames countFrames() {
    Frames f;
    f.total = machine().memory->frames();
    f.free = nr_free_pages();
    for (u64 i = 1; i < usedFrames(); ++i) {
        const page* p = pfn_to_page(i);
        if (p->_count == 0) continue;
        f.tables += (p->flags & PG_table) != 0;
        f.anon += (p->flags & PG_anon) != 0;
        f.cached += p->mapping != nullptr;
        f.mapped += p->mapping && p->_mapcount > 0;
    }
    return f;
}

u64 sharedPages() {
    u64 shared = 0;
    for (const auto& [slot, object] : shm_ids().slots())
        shared += static_cast<shmid_kernel*>(object.get())->shm_file->f_inode->i_mapping.page_tree.size();
    return shared;
}

}  // namespace

Result<std::string> showMeminfo(task_struct*) {
    const Frames f = countFrames();
    const u64 shared = sharedPages();
    const bool newer = version().process.newerProc;
    std::string s;
    const auto line = [&s](const char* name, u64 pages) {
        s += format("%-15s %8llu kB\n", (std::string(name) + ":").c_str(), static_cast<unsigned long long>(pages * 4));
    };
    line("MemTotal", f.total);
    line("MemFree", f.free);
    if (newer) line("MemAvailable", f.free);
    line("Buffers", 0);
    line("Cached", f.cached);
    line("SwapCached", 0);
    line("Active", f.anon + f.cached), line("Inactive", 0);
    line("Active(anon)", f.anon), line("Inactive(anon)", 0);
    line("Active(file)", f.cached), line("Inactive(file)", 0);
    for (const char* none : {"Unevictable", "Mlocked", "SwapTotal", "SwapFree"}) line(none, 0);
    if (newer) line("Zswap", 0), line("Zswapped", 0);
    for (const char* none : {"Dirty", "Writeback"}) line(none, 0);
    line("AnonPages", f.anon);
    line("Mapped", f.mapped);
    line("Shmem", shared);
    if (newer) line("KReclaimable", 0);
    for (const char* none : {"Slab", "SReclaimable", "SUnreclaim"}) line(none, 0);
    line("KernelStack", static_cast<u64>(nr_threads) * 4);
    line("PageTables", f.tables);
    if (newer) line("SecPageTables", 0);
    for (const char* none : {"NFS_Unstable", "Bounce", "WritebackTmp"}) line(none, 0);
    line("CommitLimit", f.total / 2);
    line("Committed_AS", f.anon + shared);
    s += "VmallocTotal:   34359738367 kB\n";
    line("VmallocUsed", 0);
    line("VmallocChunk", 0);
    if (newer) line("Percpu", 0);
    s += "HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\n";
    line("Hugepagesize", 512);
    if (newer) line("Hugetlb", 0);
    return s;
}

Result<std::string> showVmstat(task_struct*) {
    const Frames f = countFrames();
    std::string s;
    const auto line = [&s](const char* name, u64 n) { s += format("%s %llu\n", name, static_cast<unsigned long long>(n)); };
    line("nr_free_pages", f.free);
    line("nr_anon_pages", f.anon);
    line("nr_mapped", f.mapped);
    line("nr_file_pages", f.cached);
    line("nr_dirty", 0);
    line("nr_writeback", 0);
    line("nr_page_table_pages", f.tables);
    for (const char* none : {"pgpgin", "pgpgout", "pswpin", "pswpout"}) line(none, 0);
    line("pgfault", kernel_counts.page_faults);
    line("pgmajfault", 0);
    return s;
}

}  // namespace kernel
