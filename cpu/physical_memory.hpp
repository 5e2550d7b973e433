// Guest physical memory: frames of 4096 bytes in one private host mapping, reserved at once and backed when touched. In front of
// them lies room for what the processor keeps: a small program's frames and its decoded code then share one huge page of the host.
#pragma once

#include "traces/sanitizer.hpp"
#include "traces/types.hpp"

#include <span>

namespace cpu {

constexpr u64 PAGE_SHIFT = 12;
constexpr u64 PAGE_SIZE = u64{1} << PAGE_SHIFT;

class PhysicalMemory {
public:
    explicit PhysicalMemory(u64 bytes);     // rounded down to whole frames; throws std::bad_alloc
    ~PhysicalMemory();
    PhysicalMemory(const PhysicalMemory&) = delete;
    PhysicalMemory& operator=(const PhysicalMemory&) = delete;

    u64 frames() const noexcept { return frames_; }
    u8* frame(u64 pfn) noexcept { return base_ + (pfn << PAGE_SHIFT); }   // pfn < frames()
    const u8* frame(u64 pfn) const noexcept { return base_ + (pfn << PAGE_SHIFT); }

    // Bytes of the room, zero, aligned to 64, for as long as this object lives; empty where it has no more.
    std::span<u8> takeRoom(u64 bytes) noexcept;
    std::span<u8> keepRoom(u64 bytes) noexcept;     // from its other end, for as long as the process lives

private:
    static constexpr u64 ROOM = EXECSCOPE_ASAN ? 0 : u64{960} << 10;    // each thing on the heap, where the sanitizer sees its bounds
    u8* base_;
    u64 frames_, room_ = ROOM, kept_ = 0;
};

}  // namespace cpu
