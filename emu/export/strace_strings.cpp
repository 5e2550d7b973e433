// Strings as strace quotes them, and those that a call reads from pages that were not there when it began.
#include "emu/export/strace_structs.hpp"

#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

namespace emu {

std::string straceString(std::string_view bytes, bool hexadecimal, std::size_t most) {
    static const std::map<char, const char*> named = {{'\n', "\\n"}, {'\t', "\\t"}, {'\r', "\\r"}, {'\v', "\\v"},
                                                      {'\f', "\\f"}, {'"', "\\\""}, {'\\', "\\\\"}};
    std::string out = "\"";
    const std::size_t count = std::min(bytes.size(), most);
    for (std::size_t i = 0; i < count; ++i) {
        char text[8];
        const auto byte = static_cast<unsigned char>(bytes[i]);
        const auto name = named.find(bytes[i]);
        const bool digit = i + 1 < count && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';
        if (hexadecimal) std::snprintf(text, sizeof text, "\\x%02x", byte);
        else if (name != named.end()) std::snprintf(text, sizeof text, "%s", name->second);
        else std::snprintf(text, sizeof text, byte >= 0x20 && byte < 0x7f ? "%c" : digit ? "\\%03o" : "\\%o", byte);
        out += text;
    }
    return out + (bytes.size() > most ? "\"..." : "\"");
}

std::optional<std::string> straceTextAt(const StraceCall& call, u64 address, u64 most) {
    constexpr u64 pageSize = 4096;
    std::string text;
    while (text.size() < most) {
        const u64 at = address + text.size();
        const std::string part = call.read(at, std::min(pageSize - at % pageSize, most - text.size()));
        if (part.empty()) return std::nullopt;
        const std::size_t end = part.find('\0');
        text += part.substr(0, end);
        if (end != part.npos) break;
    }
    return text;
}
static std::optional<std::string> pathAt(const StraceCall& call, u64 address) {
    constexpr u64 longest = 4095;           // PATH_MAX - 1
    return straceTextAt(call, address, longest);
}

// The strings of an argv; nothing: not all of it is there.
static std::optional<std::string> argumentsAt(const StraceCall& call, u64 address) {
    constexpr u64 most = 32;
    std::string out;
    for (u64 i = 0;; ++i) {
        const std::string pointer = call.read(address + 8 * i, 8);
        if (pointer.empty()) return std::nullopt;
        const u64 string = straceWord(pointer, 0, 8);
        if (!string) return "[" + out + "]";
        if (i == most) return "[" + out + ", ...]";
        const std::optional<std::string> text = pathAt(call, string);
        if (!text) return std::nullopt;
        out += (i ? ", " : "") + straceString(*text);
    }
}

bool readLateStrings(StraceCall& call, bool& changed) {
    const kernel::SyscallDefinition* definition = kernel::syscallOfAnyVersion(call.number);
    bool missing = false;
    for (std::size_t i = 0; definition && i < std::min<std::size_t>({call.shown.size(), call.raw.size(),
                                                                     static_cast<std::size_t>(definition->argument_count)});
         ++i) {
        const std::string_view type = definition->arguments[i].type;
        const bool path = type == "UserPtr<const char>", buffer = type == "Bytes<const char>" && i + 1 < call.raw.size();
        if (type == "ArgumentStrings" && call.raw[i] &&
            (call.shown[i].starts_with("0x") || call.shown[i].find("[0x") == 0 || call.shown[i].find(", 0x") != std::string::npos)) {
            const std::optional<std::string> strings = argumentsAt(call, call.raw[i]);
            if (strings && *strings != call.shown[i]) call.shown[i] = *strings, changed = true;
            missing = missing || !strings;
            continue;
        }
        if (!(path || buffer) || !call.raw[i] || call.shown[i].starts_with('"')) continue;
        const u64 size = buffer ? std::min<u64>(call.raw[i + 1], straceShown + 1) : 0;
        const std::optional<std::string> text = path ? pathAt(call, call.raw[i]) : call.read(call.raw[i], size);
        if (!text || text->size() < size) {
            missing = true;
            continue;
        }
        call.shown[i] = path ? straceString(*text, false, text->size()) : straceString(*text);
        changed = true;
    }
    return missing;
}

}  // namespace emu
