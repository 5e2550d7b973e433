// The format of x86-64 page tables, four levels (SDM Vol. 3 §4.5). Tables live in guest frames.
#pragma once

#include "cpu/physical_memory.hpp"

namespace cpu {

constexpr u64 PTE_PRESENT = 1, PTE_WRITE = 2, PTE_USER = 4, PTE_ACCESSED = 1u << 5, PTE_DIRTY = 1u << 6,
              PTE_NX = u64{1} << 63, PTE_FRAME = 0x000f'ffff'ffff'f000;
constexpr unsigned PTE_KEY_SHIFT = 59;      // four bits: the page's protection key (SDM Vol. 3 §4.6.2)
constexpr u64 PTE_KEY = u64{15} << PTE_KEY_SHIFT;

constexpr unsigned pageTableIndex(u64 address, unsigned level) {   // level 3 = PGD … 0 = PTE
    return (address >> (PAGE_SHIFT + 9 * level)) & 511;
}
constexpr u64 frameOf(u64 entry) { return (entry & PTE_FRAME) >> PAGE_SHIFT; }
constexpr bool isCanonical(u64 address) { return static_cast<u64>(static_cast<i64>(address << 16) >> 16) == address; }

struct Translation {
    u64 pfn = 0;
    u32 fault = 0;      // 0, or the error code that a #PF would push, PF_USER included
    bool ok = false;
};
enum class Access : u8 { read, write, execute };

// Whether PKRU denies an access to data of that key: bit 2i every one, bit 2i + 1 writes.
constexpr bool deniedByKey(u32 pkru, unsigned key, Access access) {
    const u32 rights = pkru >> 2 * key;
    return access != Access::execute && (rights & 1 || (access == Access::write && rights & 2));
}

// Walks the tables as a user access would, setting A (and D on a write).
Translation walk(PhysicalMemory& memory, u64 cr3, u64 address, Access access, u32 pkru = 0);

}  // namespace cpu
