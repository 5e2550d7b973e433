// JSON text written into room that the caller has made: the path that runs once per instruction.
#pragma once

#include "traces/types.hpp"

#include <bit>
#include <cstring>
#include <string_view>

namespace traces {

inline char* putText(char* at, std::string_view text) noexcept {
    std::memcpy(at, text.data(), text.size());
    return at + text.size();
}

// "0x1f" with its quotes: at most 20 characters.
inline char* putHex(char* at, u64 n) noexcept {
    constexpr char digits[] = "0123456789abcdef";
    at = putText(at, "\"0x");
    const unsigned count = (67u - static_cast<unsigned>(std::countl_zero(n | 1))) / 4;
    for (unsigned i = count; i-- > 0; n >>= 4) at[i] = digits[n & 15];
    at[count] = '"';
    return at + count + 1;
}

// Two digits per byte, without quotes.
inline char* putBytes(char* at, const u8* bytes, std::size_t size) noexcept {
    constexpr char digits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < size; ++i) {
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    return at;
}

}  // namespace traces
