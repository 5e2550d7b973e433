// Changes of a compact trace that its reader notices: they know records, and where their numbers are.
#include "tests/fuzz/mutate_parts.hpp"
#include "tests/fuzz/mutate_trace.hpp"
#include "traces/compact.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace fuzz {
namespace {

using traces::CompactRecord;

constexpr u64 numbers[] = {0, 1, 2, 7, 0x27, 0x28, 0x7f, 0x80, 0xff, 0x100, 0x3fff, 0x4000, 0x4001, 0xffff, 0x10000, 0xffffff, 0x1000000, 0x4000000, 0x4000001,
                           0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, ~u64{0}};

u64 low(std::string_view s, std::size_t at, std::size_t size) {
    u64 value = 0;
    if (at + size <= s.size()) std::memcpy(&value, s.data() + at, size);
    return value;
}

// Bytes of the first record of `s`; at most all that is there.
std::size_t lengthOf(std::string_view s) {
    std::size_t size = 1;
    switch (static_cast<CompactRecord>(s[0])) {
        case CompactRecord::line:
        case CompactRecord::footer:
        case CompactRecord::text: size = 5 + low(s, 1, 4); break;
        case CompactRecord::hash: size = 9; break;
        case CompactRecord::place: size = 21; break;
        case CompactRecord::define: size = 7 + low(s, 3, 4); break;
        case CompactRecord::step: {
            const u32 mask = static_cast<u32>(low(s, 3, 4));
            size = 7 + 8 * static_cast<std::size_t>(std::popcount(mask & 0xffffff));
            for (unsigned writes = mask >> 24; writes && size < s.size(); --writes) size += 9 + low(s, size + 8, 1);
        }
    }
    return std::min(size, s.size());
}

class Mutation : Parts {
public:
    Mutation(std::string_view trace, unsigned seed) : Parts(seed), seed_(seed) {
        head_ = trace.substr(0, trace.find('\n') + 1);
        trace.remove_prefix(head_.size());
        while (!trace.empty()) {
            const std::size_t size = lengthOf(trace);
            parts_.emplace_back(trace.substr(0, size));
            trace.remove_prefix(size);
        }
    }

    std::string changed() {
        for (std::size_t n = 1 + below(4); n > 0 && !parts_.empty(); --n) change();
        const bool repaired = below(2);
        std::string out = head_;
        for (const std::string& record : parts_) {
            if (repaired && record.size() == 9 && record[0] == static_cast<char>(CompactRecord::hash)) {
                const u64 hash = traces::xxh64(out.data(), out.size());
                out += record[0];
                out.append(reinterpret_cast<const char*>(&hash), sizeof hash);
            } else {
                out += record;
            }
        }
        return out;
    }

private:
    void change() {
        switch (below(12)) {
            case 0: remove(); break;
            case 1: repeat(); break;
            case 2: swap(); break;
            case 3:
                if (below(4) == 0) changeByte(head_);
                else if (std::string& record = any(); below(2)) record.resize(below(record.size() + 1));
                else cut();
                break;
            case 4:
            case 5: changeByte(any()); break;
            case 6:
            case 7: changeLine(any()); break;
            default: changeNumber(any()); break;
        }
    }
    void changeNumber(std::string& record) {
        constexpr std::size_t widths[] = {1, 2, 4, 8};
        const std::size_t width = widths[below(4)], at = below(2) ? 1 + 2 * below(3) : below(record.size() + 1);
        const u64 number = numbers[below(std::size(numbers))];
        if (at + width <= record.size()) std::memcpy(record.data() + at, &number, width);
    }
    // A value in its JSON, with the length that is then right.
    void changeLine(std::string& record) {
        if (record.size() < 6 || (record[0] != 'L' && record[0] != 'F')) return changeNumber(record);
        std::string line = changedLines(record.substr(5), seed_ + static_cast<unsigned>(below(1000)));
        const u32 size = static_cast<u32>(line.size());
        record.resize(1);
        record.append(reinterpret_cast<const char*>(&size), sizeof size) += line;
    }

    unsigned seed_;
    std::string head_;
};

}  // namespace

std::string changedRecords(std::string trace, unsigned seed) { return Mutation(trace, seed).changed(); }

}  // namespace fuzz
