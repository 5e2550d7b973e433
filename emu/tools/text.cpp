#include "emu/tools/text.hpp"

#include "traces/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace emu {

using traces::Value;

namespace {

bool startsCharacter(char c) noexcept { return (static_cast<u8>(c) & 0xc0) != 0x80; }

// Columns of the character that begins at `at`: two for Chinese, its full stops and brackets (U+3000 to U+9FFF, U+FF00 to U+FF3F).
std::size_t widthAt(std::string_view utf8, std::size_t at) noexcept {
    const u8 lead = static_cast<u8>(utf8[at]);
    if ((lead & 0xc0) == 0x80) return 0;
    const bool full = lead == 0xef && at + 1 < utf8.size() && static_cast<u8>(utf8[at + 1]) == 0xbc;
    return full || (lead >= 0xe3 && lead <= 0xe9) ? 2 : 1;
}

bool isObjectName(std::string_view s) noexcept {
    const std::size_t hash = s.rfind('#');
    if (hash == std::string_view::npos || hash == 0 || hash + 1 == s.size()) return false;
    const auto name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return std::ranges::all_of(s.substr(0, hash), name) && std::ranges::all_of(s.substr(hash + 1), digit);
}

std::string quoted(std::string_view s, std::size_t most) {
    if (isObjectName(s)) return std::string(s);
    std::string out;
    traces::appendText(out, s.substr(0, 4 * most));
    if (columns(out) <= most + 2 && s.size() <= 4 * most) return out;
    out.pop_back();
    return cut(out, most) + '"';
}

std::string showItems(const Value& value, std::size_t most) {
    const bool object = value.type == Value::Type::object;
    std::string out(object ? "{" : "[");
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i) out += ", ";
        if (columns(out) >= most) {
            out += "…";
            break;
        }
        if (object) out += printable(value.keys[i]) + " = ";
        out += show(value.items[i], most);
    }
    return out + (object ? "}" : "]");
}

}  // namespace

std::string Screen::paint(Style style, std::string_view text) const {
    constexpr std::string_view codes[] = {"", "2", "1", "", "36", "33", "31", "32"};
    const std::string_view code = codes[static_cast<std::size_t>(style)];
    if (!colour || code.empty() || text.empty()) return std::string(text);
    return "\x1b[" + std::string(code) + 'm' + std::string(text) + "\x1b[0m";
}

std::size_t columns(std::string_view utf8) noexcept {
    std::size_t all = 0;
    for (std::size_t i = 0; i < utf8.size(); ++i) all += widthAt(utf8, i);
    return all;
}

std::string pad(std::string utf8, std::size_t width) {
    const std::size_t used = columns(utf8);
    utf8.append(used < width ? width - used : 1, ' ');
    return utf8;
}

std::string cut(std::string_view utf8, std::size_t most) {
    if (columns(utf8) <= most) return std::string(utf8);
    if (most == 0) return {};
    std::size_t end = 0;
    for (std::size_t seen = 0; end < utf8.size(); ++end) {
        seen += widthAt(utf8, end);
        if (seen >= most && startsCharacter(utf8[end])) break;
    }
    return std::string(utf8.substr(0, end)) + "…";
}

std::vector<std::string> wrapped(std::string_view utf8, std::size_t most) {
    std::vector<std::string> lines;
    while (columns(utf8) > most) {
        std::size_t end = 0;
        for (std::size_t seen = 0; end < utf8.size() && (end == 0 || seen + widthAt(utf8, end) <= most); ++end) seen += widthAt(utf8, end);
        while (end < utf8.size() && !startsCharacter(utf8[end])) ++end;
        const std::size_t space = utf8.rfind(' ', end);
        const bool word = space != std::string_view::npos && space > 0;
        lines.emplace_back(utf8.substr(0, word ? space : end));
        utf8.remove_prefix(word ? space + 1 : end);
    }
    lines.emplace_back(utf8);
    return lines;
}

std::string printable(std::string_view bytes) {
    std::string out;
    traces::appendText(out, bytes);
    std::string plain;
    for (std::size_t i = 1; i + 1 < out.size(); ++i) {
        if (out[i] == '\\' && (out[i + 1] == '"' || out[i + 1] == '\\')) ++i;
        plain += out[i];
    }
    return plain;
}

std::string hex(u64 n) {
    char text[18] = {'0', 'x'};
    return {text, std::to_chars(text + 2, text + sizeof text, n, 16).ptr};
}

std::string show(const Value& value, std::size_t most) {
    switch (value.type) {
        case Value::Type::null: return "NULL";
        case Value::Type::boolean: return value.number ? "true" : "false";
        case Value::Type::count: return std::to_string(value.asCount());
        case Value::Type::hex: return hex(value.number);
        case Value::Type::text: return quoted(value.string, most);
        case Value::Type::list:
        case Value::Type::object: return showItems(value, most);
    }
    return {};
}

bool isError(const Value& result) noexcept {
    return result.type == Value::Type::count && result.asCount() < 0 && result.asCount() >= -4095;
}

std::string showResult(const Value& value) {
    if (!isError(value)) return show(value);
    const char* name = ::strerrorname_np(static_cast<int>(-value.asCount()));
    return name ? show(value) + " (" + name + ')' : show(value);
}

std::string showText(const traces::Event& event, std::string_view attr) {
    const Value* value = event.find(attr);
    return value && value->type == Value::Type::text ? printable(value->string) : "";
}

i64 count(const traces::Event& event, std::string_view attr) noexcept {
    const Value* value = event.find(attr);
    return value ? value->asCount() : 0;
}

u64 number(const traces::Event& event, std::string_view attr) noexcept {
    const Value* value = event.find(attr);
    return value ? value->number : 0;
}

}  // namespace emu
