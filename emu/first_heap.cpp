#include "emu/first_heap.hpp"

#include "traces/sanitizer.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#if EXECSCOPE_ASAN

bool emu::takesFirstRoom() noexcept { return false; }
bool emu::allocateFirstFrom(std::span<u8>) noexcept { return false; }

#else

namespace {

constexpr std::size_t alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

std::atomic<u8*> next;
u8 *first, *end;

}  // namespace

bool emu::takesFirstRoom() noexcept { return !end; }
bool emu::allocateFirstFrom(std::span<u8> room) noexcept {
    if (end || room.empty()) return false;
    first = room.data();
    end = first + room.size() / alignment * alignment;
    next = first;
    return true;
}

void* operator new(std::size_t size) {
    if (!size) size = 1;
    for (u8* at = next.load(std::memory_order_relaxed); size <= static_cast<std::size_t>(end - at) && at;)
        if (next.compare_exchange_weak(at, at + (size + alignment - 1) / alignment * alignment, std::memory_order_relaxed)) return at;
    for (;;) {
        if (void* const at = std::malloc(size)) return at;
        const std::new_handler handler = std::get_new_handler();
        if (!handler) throw std::bad_alloc();
        handler();
    }
}

void operator delete(void* at) noexcept {
    if (at < first || at >= end) std::free(at);
}
void operator delete(void* at, std::size_t) noexcept { operator delete(at); }

#endif
