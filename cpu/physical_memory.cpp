#include "cpu/physical_memory.hpp"

#include <sys/mman.h>

#include <new>

namespace cpu {

PhysicalMemory::PhysicalMemory(u64 bytes) : base_(nullptr), frames_(bytes >> PAGE_SHIFT) {
    void* at = mmap(nullptr, frames_ << PAGE_SHIFT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<u8*>(at);
}

PhysicalMemory::~PhysicalMemory() { munmap(base_, frames_ << PAGE_SHIFT); }

}  // namespace cpu
