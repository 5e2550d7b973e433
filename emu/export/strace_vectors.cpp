// Buffers of an iovec, strings and maps of pages that arguments point to.
#include "emu/export/strace_structs.hpp"

#include <algorithm>

namespace emu {

std::string straceVectorWritten(const StraceCall& call) {
    const u64 count = std::min<u64>(call.raw[2], 32);
    const std::string vector = call.read(call.raw[1], 16 * count);
    std::string out;
    u64 left = call.result.number;
    for (std::size_t i = 0; i + 16 <= vector.size(); i += 16) {
        const u64 base = straceWord(vector, i, 8), length = straceWord(vector, i + 8, 8), part = std::min(length, left);
        const std::string content = part ? call.bytes(base, std::min<u64>(part, 33)) : "";
        out += (i ? ", {iov_base=" : "{iov_base=") + (part && content.empty() ? stracePointer(base) : straceString(content)) +
               ", iov_len=" + std::to_string(length) + "}";
        left -= part;
    }
    return vector.empty() ? stracePointer(call.raw[1]) : "[" + out + "]";
}

std::string straceVectorRead(const StraceCall& call, std::size_t argument, bool contents) {
    constexpr u64 most = 32;
    const u64 address = call.raw[argument], count = call.raw[argument + 1];
    const std::string vector = count ? call.read(address, 16 * std::min(count, most)) : "";
    if (vector.empty()) return address && !count ? "[]" : stracePointer(address);
    std::string out;
    for (std::size_t i = 0; i + 16 <= vector.size(); i += 16) {
        const u64 base = straceWord(vector, i, 8), length = straceWord(vector, i + 8, 8);
        const std::string content = contents && length ? call.read(base, std::min<u64>(length, straceShown + 1)) : "";
        out += (i ? ", {iov_base=" : "{iov_base=") +
               (contents && (!length || !content.empty()) ? straceString(content) : stracePointer(base)) +
               ", iov_len=" + std::to_string(length) + "}";
    }
    return "[" + out + (count > most ? ", ...]" : "]");
}

std::string straceStringRead(const StraceCall& call, u64 address) {
    constexpr u64 pageSize = 4096;
    const std::string bytes = address ? call.read(address, std::min<u64>(pageSize - address % pageSize, straceShown + 1)) : "";
    return bytes.empty() ? stracePointer(address) : straceString(std::string_view(bytes).substr(0, bytes.find('\0')));
}

std::string stracePagesInCore(const StraceCall& call) {
    const std::string bytes = call.bytes(call.raw[2], std::min<u64>((call.raw[1] + 4095) / 4096, 33));
    std::string out;
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 32); ++i) out += (i ? ", " : "") + std::to_string(bytes[i] & 1);
    return bytes.empty() ? stracePointer(call.raw[2]) : "[" + out + (bytes.size() > 32 ? ", ...]" : "]");
}

}  // namespace emu
