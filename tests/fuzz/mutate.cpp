#include "tests/fuzz/mutate.hpp"

#include "tests/fuzz/input.hpp"

#include <array>
#include <cstring>
#include <random>
#include <string_view>

namespace fuzz {

namespace {

// ELF-64 Object File Format: where the fields are, and how wide.
struct Field { std::size_t offset, size; };
constexpr std::array<Field, 8> HEADER_FIELDS = {{{4, 1}, {16, 2}, {18, 2}, {24, 8}, {32, 8}, {52, 2}, {54, 2}, {56, 2}}};
constexpr std::array<Field, 8> SEGMENT_FIELDS = {{{0, 4}, {4, 4}, {8, 8}, {16, 8}, {24, 8}, {32, 8}, {40, 8}, {48, 8}}};
constexpr std::size_t ELF_HEADER = 64, SEGMENT = 56, PHOFF = 32, PHNUM = 56;

constexpr std::array<u64, 26> VALUES = {0, 1, 2, 3, 4, 6, 7, 56, 64, 4095, 4096, 4097, 0xffff, 0x10000, 0x200000, 0x400000, 0x401000,
    0x7fffffff, 0xffffffff, 0x555555554000, 0x7fffffffe000, 0x7ffffffff000, 0x800000000000, 0x7fffffffffffffff,
    0x8000000000000000, 0xffffffffffffffff};
using namespace std::string_view_literals;
constexpr std::array<u64, 9> TYPES = {0, 1, 2, 3, 4, 6, 0x6474e550, 0x6474e551, 0x6474e553};
constexpr std::array<std::string_view, 12> TEXTS = {"#!/i\n", "#!/f\n", "#! /i x\n", "#!/i", "#!\n", "#!f", "/i\0"sv, "/f\0"sv, "/lib\0"sv,
    ":a:M::\\x7f:\\xff:/i:OC\n", ":a:E::f::/i:P\n", ":a:M:1:ELF::/f:F\n"};

class Change {
public:
    Change(std::span<u8> file, unsigned seed) : file_(file), random_(seed) {}

    bool apply() {
        switch (below(6)) {
            case 0: return set({0, 0}, HEADER_FIELDS[below(HEADER_FIELDS.size())]);
            case 1: return placeText();
            case 2: return copySegment();
            default: return changeSegment();
        }
    }

private:
    std::size_t below(std::size_t n) { return random_() % n; }
    u64 read(std::size_t at, std::size_t size) const {
        u64 value = 0;
        if (at <= file_.size() && size <= file_.size() - at) std::memcpy(&value, file_.data() + at, size);
        return value;
    }
    // A known value, or what is there plus or minus a bit.
    u64 fresh(u64 old) {
        if (below(3)) return VALUES[below(VALUES.size())];
        const u64 step = u64{1} << below(64);
        return below(2) ? old + step : old - step;
    }
    bool set(Field base, Field field) {
        const std::size_t at = base.offset + field.offset;
        if (at > file_.size() || field.size > file_.size() - at) return false;
        const u64 value = field.size == 4 && field.offset == 0 ? TYPES[below(TYPES.size())] : fresh(read(at, field.size));
        std::memcpy(file_.data() + at, &value, field.size);
        return true;
    }
    // Where one of the program headers is; 0 when there is none in the file.
    std::size_t someSegment() {
        const u64 table = read(PHOFF, 8), number = read(PHNUM, 2);
        if (!number || table > file_.size()) return 0;
        const std::size_t at = table + below(std::min<u64>(number, 8)) * SEGMENT;
        return at >= ELF_HEADER && at + SEGMENT <= file_.size() ? at : 0;
    }
    bool changeSegment() {
        const std::size_t at = someSegment();
        return at && set({at, 0}, SEGMENT_FIELDS[below(SEGMENT_FIELDS.size())]);
    }
    bool copySegment() {
        const std::size_t from = someSegment(), to = someSegment();
        if (!from || !to || from == to) return false;
        std::memcpy(file_.data() + to, file_.data() + from, SEGMENT);
        return true;
    }
    bool placeText() {
        const std::string_view text = TEXTS[below(TEXTS.size())];
        const std::size_t at = below(2) ? 0 : below(file_.size() + 1);
        if (text.size() > file_.size() - at) return false;
        std::memcpy(file_.data() + at, text.data(), text.size());
        return true;
    }

    std::span<u8> file_;
    std::minstd_rand random_;
};

}  // namespace

std::size_t mutateInput(std::span<u8> bytes, std::size_t size, unsigned seed) {
    if (size < HEAD_BYTES) return size;
    const std::size_t misc = std::min<std::size_t>(size - HEAD_BYTES, std::min<std::size_t>(bytes[1] | bytes[2] << 8, MAX_MISC));
    Change change(bytes.first(size).subspan(HEAD_BYTES + misc), seed);
    for (int tries = 0; tries < 4 && !change.apply(); ++tries) {}
    return size;
}

}  // namespace fuzz
