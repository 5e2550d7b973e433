#include "cpu/physical_memory.hpp"

#include <sys/mman.h>

#include <new>

namespace cpu {

// Aligned so that the host can back it with huge pages: a small program then costs it one fault instead of hundreds, a large one
// few entries of its TLB. Not at the end, where only page tables of the kernel lie.
PhysicalMemory::PhysicalMemory(u64 bytes) : base_(nullptr), frames_(bytes >> PAGE_SHIFT) {
    constexpr u64 huge = u64{2} << 20;
    const u64 size = ROOM + (frames_ << PAGE_SHIFT);
    void* const at = mmap(nullptr, size + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    u8* const start = static_cast<u8*>(at);
    const u64 before = -reinterpret_cast<u64>(start) % huge;
    u8* const aligned = start + before;
    if (before) munmap(start, before);
    if (before < huge) munmap(aligned + size, huge - before);
    if (size > huge) madvise(aligned, size - huge, MADV_HUGEPAGE);      // a wish: without it everything works
    base_ = aligned + ROOM;
}

PhysicalMemory::~PhysicalMemory() {
    const u64 room = kept_ ? 0 : ROOM;
    munmap(base_ - room, room + (frames_ << PAGE_SHIFT));
}

std::span<u8> PhysicalMemory::takeRoom(u64 bytes) noexcept {
    const u64 whole = (bytes + 63) / 64 * 64;
    if (whole > room_ - kept_) return {};
    room_ -= whole;
    return {base_ - ROOM + room_, bytes};
}

std::span<u8> PhysicalMemory::keepRoom(u64 bytes) noexcept {
    const u64 whole = (bytes + 63) / 64 * 64;
    if (whole > room_ - kept_) return {};
    kept_ += whole;
    return {base_ - ROOM + kept_ - whole, bytes};
}

}  // namespace cpu
