#include "emu/first_heap.hpp"
#include "traces/sanitizer.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <new>
#include <vector>

// Run as a test of its own: no machine came before it.
TEST_CASE("allocations come from the room, then from the heap", "[.first]") {
    alignas(16) static u8 room[256];
    const bool taken = emu::takesFirstRoom();
    CHECK(taken == !EXECSCOPE_ASAN);
    CHECK(emu::allocateFirstFrom(room) == taken);
    CHECK_FALSE(emu::allocateFirstFrom(room));
    std::vector<u8*> all;
    for (std::size_t size = 0; size < 100; ++size) {
        all.push_back(static_cast<u8*>(::operator new(size)));
        CHECK(reinterpret_cast<u64>(all.back()) % __STDCPP_DEFAULT_NEW_ALIGNMENT__ == 0);
        std::memset(all.back(), static_cast<int>(size), size);
    }
    for (std::size_t size = 0; size < all.size(); ++size)
        for (std::size_t i = 0; i < size; ++i)
            if (all[size][i] != size) FAIL("allocation " << size << " was written by another");
    const auto inside = [](const u8* at) { return at >= room && at < std::end(room); };
    CHECK(std::any_of(all.begin(), all.end(), inside) == taken);
    CHECK_FALSE(inside(all.back()));
    for (std::size_t size = 1; size < all.size(); ++size) CHECK(all[size] != all[size - 1]);
    for (u8* each : all) ::operator delete(each);
}
