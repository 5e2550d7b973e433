#include "traces/hash.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace traces {
namespace {

constexpr u64 prime1 = 0x9E3779B185EBCA87;
constexpr u64 prime2 = 0xC2B2AE3D27D4EB4F;
constexpr u64 prime3 = 0x165667B19E3779F9;
constexpr u64 prime4 = 0x85EBCA77C2B2AE63;
constexpr u64 prime5 = 0x27D4EB2F165667C5;

// Little-endian, as every host of ours is.
template <class T>
T load(const u8* p) noexcept {
    T v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

u64 round(u64 lane, u64 word) noexcept { return std::rotl(lane + word * prime2, 31) * prime1; }

u64 merge(u64 hash, u64 lane) noexcept { return (hash ^ round(0, lane)) * prime1 + prime4; }

}  // namespace

void Xxh64::stripes(const u8* data, std::size_t count) noexcept {
    auto [a, b, c, d] = lanes_;
    for (; count; --count, data += stripe) {
        a = round(a, load<u64>(data));
        b = round(b, load<u64>(data + 8));
        c = round(c, load<u64>(data + 16));
        d = round(d, load<u64>(data + 24));
    }
    lanes_ = {a, b, c, d};
}

void Xxh64::update(const void* bytes, std::size_t size) noexcept {
    const u8* data = static_cast<const u8*>(bytes);
    const std::size_t held = total_ % stripe;
    total_ += size;
    if (held) {
        const std::size_t part = std::min(size, stripe - held);
        std::copy_n(data, part, tail_.data() + held);
        if (held + part < stripe) return;
        stripes(tail_.data(), 1);
        data += part;
        size -= part;
    }
    stripes(data, size / stripe);
    std::copy_n(data + size / stripe * stripe, size % stripe, tail_.data());
}

u64 Xxh64::digest() const noexcept {
    const auto& [a, b, c, d] = lanes_;
    u64 hash = prime5;
    if (total_ >= stripe) {
        hash = std::rotl(a, 1) + std::rotl(b, 7) + std::rotl(c, 12) + std::rotl(d, 18);
        hash = merge(merge(merge(merge(hash, a), b), c), d);
    }
    hash += total_;
    const u8* p = tail_.data();
    std::size_t left = total_ % stripe;
    for (; left >= 8; left -= 8, p += 8) hash = std::rotl(hash ^ round(0, load<u64>(p)), 27) * prime1 + prime4;
    if (left >= 4) {
        hash = std::rotl(hash ^ load<u32>(p) * prime1, 23) * prime2 + prime3;
        left -= 4;
        p += 4;
    }
    for (; left; --left, ++p) hash = std::rotl(hash ^ *p * prime5, 11) * prime1;
    hash = (hash ^ hash >> 33) * prime2;
    hash = (hash ^ hash >> 29) * prime3;
    return hash ^ hash >> 32;
}

u64 xxh64(const void* data, std::size_t size) noexcept {
    Xxh64 hash;
    hash.update(data, size);
    return hash.digest();
}

}  // namespace traces
