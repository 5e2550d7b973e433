// Page tables in guest frames: four levels, real bits (SDM Vol. 3A §4.5; Linux mm/memory.c, mm/pgtable-generic.c).
#include "kernel_model/mm/internal.hpp"

namespace kernel {
namespace {

page* allocTable() {
    page* table = alloc_zeroed_page();
    if (table) table->flags = PG_table;
    return table;
}

// table: entries of this level, each serving `span` bytes of addresses and leading to a table of the level below.
void freeTables(mm_struct* mm, u64* table, unsigned level, u64 start, u64 end, u64 floor, u64 ceiling) {
    const u64 span = u64{1} << (PAGE_SHIFT + 9 * level);
    for (u64 at = start & ~(span - 1); at < end; at += span) {
        u64& entry = table[cpu::pageTableIndex(at, level)];
        if (!(entry & cpu::PTE_PRESENT)) continue;
        if (level > 1)
            freeTables(mm, tableOf(entry), level - 1, std::max(at, start), std::min(at + span, end), floor, ceiling);
        if (at < floor || at + span > ceiling) continue;
        put_page(pfn_to_page(cpu::frameOf(entry)));
        entry = 0;
        if (level == 1) mm->nr_ptes -= 1;
    }
}

bool isLoaded(const mm_struct* mm) { return processor().cr3() == mm->pgd; }

}  // namespace

u64 pgd_alloc() {
    const page* table = allocTable();
    if (table == nullptr) return 0;
    if (version().mm.vsyscall) reinterpret_cast<u64*>(page_address(table))[511] = vsyscallEntry();  // the kernel's half
    return page_to_pfn(table) << PAGE_SHIFT;
}

void pgd_free(u64 pgd) {
    // The frame may become the top table of the next address space, which loading the same CR3 would not flush.
    if (processor().cr3() == pgd) processor().flushTlb();
    put_page(pfn_to_page(pgd >> PAGE_SHIFT));
}

namespace {

// The entry of this level for the address, or null when the table it would be in is missing.
u64* entryAt(mm_struct* mm, u64 address, unsigned level) {
    u64* table = tableOf(mm->pgd);
    for (unsigned above = 3; above > level; --above) {
        const u64 entry = table[cpu::pageTableIndex(address, above)];
        if (!(entry & cpu::PTE_PRESENT)) return nullptr;
        table = tableOf(entry);
    }
    return table + cpu::pageTableIndex(address, level);
}

}  // namespace

u64* pte_lookup(mm_struct* mm, u64 address) { return entryAt(mm, address, 0); }

bool tableAt(mm_struct* mm, u64 address, unsigned level) {
    const u64* entry = entryAt(mm, address, level);
    return entry && *entry & cpu::PTE_PRESENT;
}

int allocLevel(mm_struct* mm, u64 address, unsigned level) {
    const page* lower = allocTable();
    if (lower == nullptr) return -ENOMEM;
    *entryAt(mm, address, level) = pfn_pte(page_to_pfn(lower), PTE_TABLE);
    if (level == 1) mm->nr_ptes += 1;
    return 0;
}

u64* pte_alloc(mm_struct* mm, u64 address) {
    for (unsigned level = 3; level > 0; --level)
        if (!tableAt(mm, address, level) && allocLevel(mm, address, level) != 0) return nullptr;
    return pte_lookup(mm, address);
}

void setEntry(mm_struct* mm, u64 address, u64* entry, u64 value) {
    if (traces::tracer().on(traces::Kind::pte) && *entry != value) [[unlikely]]
        traces::tracer().emit(traces::Kind::pte, {{"mm", objectValue(mm)},
                                                  {"address", traces::Value::hex(address)},
                                                  {"old", traces::Value::hex(*entry)},
                                                  {"new", traces::Value::hex(value)}});
    *entry = value;
}

void set_pte_at(mm_struct* mm, u64 address, u64* entry, u64 value) {
    const bool cached = *entry & cpu::PTE_PRESENT;  // what is not present is in no TLB (SDM Vol. 3A §4.10.2.3)
    setEntry(mm, address, entry, value);
    if (cached && isLoaded(mm)) processor().invalidatePage(address);
}

void flush_tlb_range(mm_struct* mm, u64 start, u64 end) {
    constexpr u64 few = 32 * PAGE_SIZE;
    if (!isLoaded(mm) || start >= end) return;
    if (end - start > few) return processor().flushTlb();
    for (u64 address = start; address < end; address += PAGE_SIZE) processor().invalidatePage(address);
}

void free_pgd_range(mm_struct* mm, u64 start, u64 end, u64 floor, u64 ceiling) {
    freeTables(mm, tableOf(mm->pgd), 3, start, end, floor, ceiling);
}

void freePageTables(mm_struct* mm, u64 start, u64 end) { free_pgd_range(mm, start, end, start, end); }

page* vm_normal_page(u64 pte) { return pte & PTE_SPECIAL ? nullptr : pfn_to_page(cpu::frameOf(pte)); }

}  // namespace kernel
