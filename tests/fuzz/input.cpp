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

std::vector<u8> writeInput(const Input& input) {
    const std::size_t length = std::min(input.misc.size(), MAX_MISC);
    std::vector<u8> bytes = {input.how, static_cast<u8>(length), static_cast<u8>(length >> 8)};
    bytes.insert(bytes.end(), input.misc.begin(), input.misc.begin() + static_cast<long>(length));
    bytes.insert(bytes.end(), input.file.begin(), input.file.end());
    return bytes;
}

}  // namespace fuzz
