#include "cpu/paging.hpp"

#include "cpu/trap.hpp"

namespace cpu {

// SDM Vol. 3 §4.5 (the walk), §4.6 (rights, CR0.WP and EFER.NXE set; keys of user pages), §4.7 (error code), §4.8 (A and D).
Translation walk(PhysicalMemory& memory, u64 cr3, u64 address, Access access, u32 pkru) {
    const u32 why = PF_USER | (access == Access::write ? PF_WRITE : 0) | (access == Access::execute ? PF_INSTRUCTION : 0);
    u64* path[4];
    u64 rights = PTE_WRITE | PTE_USER, denied = 0, pfn = frameOf(cr3);
    for (unsigned level = 4; level-- > 0;) {
        if (pfn >= memory.frames()) return {0, why | PF_PRESENT | PF_RESERVED, false};
        u64* entry = reinterpret_cast<u64*>(memory.frame(pfn)) + pageTableIndex(address, level);
        if (!(*entry & PTE_PRESENT)) return {0, why, false};
        path[level] = entry;
        rights &= *entry;
        denied |= *entry & PTE_NX;
        pfn = frameOf(*entry);
    }
    if (pfn >= memory.frames()) return {0, why | PF_PRESENT | PF_RESERVED, false};
    const bool refused = !(rights & PTE_USER) || (access == Access::write && !(rights & PTE_WRITE)) ||
                         (access == Access::execute && denied);
    const bool locked = rights & PTE_USER && deniedByKey(pkru, *path[0] >> PTE_KEY_SHIFT & 15, access);
    if (refused || locked) return {0, why | PF_PRESENT | (locked ? PF_PROTECTION_KEY : 0), false};
    for (u64* entry : path) *entry |= PTE_ACCESSED;
    if (access == Access::write) *path[0] |= PTE_DIRTY;
    return {pfn, 0, true};
}

}  // namespace cpu
