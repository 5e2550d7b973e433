// XXH64 (Yann Collet, github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), seed 0: the hash of traces and states.
#pragma once

#include "traces/types.hpp"

#include <array>
#include <span>

namespace traces {

class Xxh64 {
public:
    void update(const void* data, std::size_t size) noexcept;
    u64 digest() const noexcept;

private:
    void stripes(const u8* data, std::size_t count) noexcept;

    static constexpr std::size_t stripe = 32;
    std::array<u64, 4> lanes_{0x60EA27EEADC0B5D6, 0xC2B2AE3D27D4EB4F, 0, 0x61C8864E7A143579};
    std::array<u8, stripe> tail_{};
    u64 total_ = 0;
};

u64 xxh64(const void* data, std::size_t size) noexcept;

}  // namespace traces
