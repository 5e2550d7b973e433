// How system call arguments are shown, as strace(1) does.
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/machine.hpp"

#include <cstdio>

namespace kernel {

std::string renderInteger(i64 v) { return std::to_string(v); }
std::string renderUnsigned(u64 v) { return std::to_string(v); }
std::string renderPointer(u64 v) {
    if (!v) return "NULL";
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(v));
    return text;
}

static void appendEscaped(std::string& out, u8 c, bool digit_follows) {
    char octal[8];
    switch (c) {
        case '\n': out += "\\n"; return;
        case '\t': out += "\\t"; return;
        case '\r': out += "\\r"; return;
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        default: break;
    }
    if (c >= 0x20 && c < 0x7f) {
        out += static_cast<char>(c);
        return;
    }
    std::snprintf(octal, sizeof octal, digit_follows ? "\\%03o" : "\\%o", c);
    out += octal;
}

std::string renderUserString(u64 address) {
    constexpr u64 most = 32;
    if (!address) return "NULL";
    std::string bytes;
    bool ended = false;
    for (u64 i = 0; i <= most && !ended; ++i) {
        const u8* byte = processor().userByte(address + i, cpu::Access::read);
        if (!byte) break;
        if (*byte == 0) ended = true;
        else bytes += static_cast<char>(*byte);
    }
    if (bytes.empty() && !ended) return renderPointer(address);
    std::string shown = "\"";
    const std::size_t count = std::min<std::size_t>(bytes.size(), most);
    for (std::size_t i = 0; i < count; ++i) {
        const bool digit = i + 1 < count && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';
        appendEscaped(shown, static_cast<u8>(bytes[i]), digit);
    }
    shown += '"';
    if (!ended || bytes.size() > most) shown += "...";
    return shown;
}

}  // namespace kernel
