// Reads DWARF's encodings out of bytes that nobody vouches for: past the end everything is zero and ok() is false.
#pragma once

#include "traces/types.hpp"

#include <cstring>
#include <span>

namespace emu {

class ByteReader {
public:
    // address: of the first byte in the process, for pointers relative to where they lie.
    explicit ByteReader(std::span<const u8> bytes, u64 address = 0) : bytes_(bytes), address_(address) {}

    bool ok() const noexcept { return ok_; }
    bool atEnd() const noexcept { return !ok_ || at_ >= bytes_.size(); }
    u64 offset() const noexcept { return at_; }
    u64 address() const noexcept { return address_ + at_; }
    u64 left() const noexcept { return bytes_.size() - at_; }

    template <class T> T fixed() {
        T value{};
        if (!ok_ || left() < sizeof value) return fail(), T{};
        std::memcpy(&value, bytes_.data() + at_, sizeof value);
        at_ += sizeof value;
        return value;
    }
    u64 uleb() {
        u64 value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const u8 byte = fixed<u8>();
            if (shift < 64) value |= u64{byte & 0x7fu} << shift;
            if (!(byte & 0x80) || !ok_) return value;
        }
    }
    i64 sleb() {
        u64 value = 0;
        for (unsigned shift = 0;;) {
            const u8 byte = fixed<u8>();
            if (shift < 64) value |= u64{byte & 0x7fu} << shift;
            shift += 7;
            if (byte & 0x80 && ok_) continue;
            if (byte & 0x40 && shift < 64) value |= ~u64{0} << shift;
            return static_cast<i64>(value);
        }
    }
    // A pointer as DW_EH_PE_* says (LSB, "DWARF Exception Header Encoding"); relative to itself or absolute.
    u64 pointer(u8 encoding) {
        const u64 here = address();
        const u64 value = formatted(encoding & 15);
        switch (encoding & 0x70) {
            case 0: return value;
            case 0x10: return here + value;
            default: return fail(), 0;
        }
    }
    std::span<const u8> take(u64 size) {
        if (!ok_ || size > left()) return fail(), std::span<const u8>{};
        const auto taken = bytes_.subspan(at_, size);
        at_ += size;
        return taken;
    }
    void skip(u64 size) { (void)take(size); }
    void seek(u64 offset) {
        if (offset > bytes_.size()) return fail();
        at_ = offset;
    }

private:
    void fail() { ok_ = false; }
    u64 formatted(unsigned format) {
        switch (format) {
            case 0: case 4: case 12: return fixed<u64>();
            case 1: return uleb();
            case 2: return fixed<u16>();
            case 3: return fixed<u32>();
            case 9: return static_cast<u64>(sleb());
            case 10: return static_cast<u64>(i64{fixed<i16>()});
            case 11: return static_cast<u64>(i64{fixed<i32>()});
            default: return fail(), 0;
        }
    }

    std::span<const u8> bytes_;
    u64 address_, at_ = 0;
    bool ok_ = true;
};

}  // namespace emu
