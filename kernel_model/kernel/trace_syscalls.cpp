// How system call arguments are shown, as strace(1) does.
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/kernel/trace_syscalls.hpp"

#include <algorithm>
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

static std::string quoted(std::string_view bytes, bool cut) {
    std::string shown = "\"";
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const bool digit = i + 1 < bytes.size() && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';
        appendEscaped(shown, static_cast<u8>(bytes[i]), digit);
    }
    return shown + (cut ? "\"..." : "\"");
}

std::string renderUserText(u64 address, u64 most) {
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
    return quoted(std::string_view(bytes).substr(0, most), !ended || bytes.size() > most);
}

std::string renderUserString(u64 address) { return renderUserText(address, PATH_MAX - 1); }

std::string renderUserBytes(u64 address, u64 size) {
    std::string bytes;
    for (u64 i = 0; i < std::min(size, SHOWN_BYTES); ++i) {
        const u8* byte = processor().userByte(address + i, cpu::Access::read);
        if (!byte) return renderPointer(address);
        bytes += static_cast<char>(*byte);
    }
    return quoted(bytes, size > SHOWN_BYTES);
}

static bool userWord(u64 address, u64& word) {
    word = 0;
    for (u64 i = 0; i < sizeof word; ++i) {
        const u8* byte = processor().userByte(address + i, cpu::Access::read);
        if (!byte) return false;
        word |= u64{*byte} << (8 * i);
    }
    return true;
}

std::string renderUserVector(u64 address, u64 count) {
    std::string shown = "[";
    for (u64 i = 0; i < count; ++i) {
        if (i == SHOWN_BYTES) return shown + ", ...]";
        u64 base = 0, length = 0;
        if (!userWord(address + 16 * i, base) || !userWord(address + 16 * i + 8, length)) return renderPointer(address);
        shown += (i ? ", {iov_base=" : "{iov_base=") + (base ? renderUserBytes(base, length) : "NULL") +
                 ", iov_len=" + renderUnsigned(length) + "}";
    }
    return shown + "]";
}

}  // namespace kernel
