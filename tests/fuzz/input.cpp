#include "tests/fuzz/input.hpp"

#include <algorithm>

namespace fuzz {

Input parseInput(std::span<const u8> bytes) {
    Input input;
    if (bytes.size() < HEAD_BYTES) return input;
    input.how = bytes[0];
    const std::size_t length = bytes[1] | bytes[2] << 8;
    bytes = bytes.subspan(HEAD_BYTES);
    const auto misc = bytes.first(std::min({bytes.size(), length, MAX_MISC}));
    const auto file = bytes.subspan(misc.size());
    input.misc.assign(misc.begin(), misc.end());
    input.file.assign(file.begin(), file.begin() + static_cast<long>(std::min(file.size(), MAX_FILE)));
    return input;
}

}  // namespace fuzz
