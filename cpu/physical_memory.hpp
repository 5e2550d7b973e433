// Guest physical memory: frames of 4096 bytes in one private host mapping, reserved at once and backed when touched.
#pragma once

#include "traces/types.hpp"

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

private:
    u8* base_;
    u64 frames_;
};

}  // namespace cpu
