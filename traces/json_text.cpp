#include "traces/json_text.hpp"

#include "traces/json_digits.hpp"

#include <charconv>

namespace traces {
namespace {

constexpr char digits[] = "0123456789abcdef";
constexpr u32 escapedBytes = 0xef80;   // U+EF80..U+EFFF stand for the bytes 0x80..0xff

void appendUnicodeEscape(std::string& out, u32 code) {
    const char text[] = {'\\', 'u', digits[code >> 12 & 15], digits[code >> 8 & 15], digits[code >> 4 & 15], digits[code & 15]};
    out.append(text, sizeof text);
}

struct Decoded {
    u32 code = 0;
    std::size_t length = 0;   // 0: not valid here
};

// One character of UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF).
Decoded decode(std::string_view s) {
    const auto at = [&](std::size_t i) { return static_cast<u8>(s[i]); };
    const u8 lead = at(0);
    const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length == 0 || s.size() < length) return {};
    u32 code = lead & (0xffu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xc0) != 0x80) return {};
        code = code << 6 | (at(i) & 0x3f);
    }
    constexpr u32 least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
    return {code, length};
}

void appendByteEscape(std::string& out, u8 byte) { appendUnicodeEscape(out, escapedBytes + (byte - 0x80u)); }

// Appends the character or byte at the front of `s`, which is not plain; returns its length.
std::size_t appendSpecial(std::string& out, std::string_view s) {
    const u8 c = static_cast<u8>(s[0]);
    if (c < 0x80) {
        if (c == '"' || c == '\\') (out += '\\') += s[0];
        else if (c == '\n') out += "\\n";
        else if (c == '\t') out += "\\t";
        else appendUnicodeEscape(out, c);
        return 1;
    }
    const Decoded character = decode(s);
    if (character.length == 0) {
        appendByteEscape(out, c);
        return 1;
    }
    if (character.code < 0xa0) appendUnicodeEscape(out, character.code);
    else if (character.code >= escapedBytes && character.code < escapedBytes + 0x80)
        for (std::size_t i = 0; i < character.length; ++i) appendByteEscape(out, static_cast<u8>(s[i]));
    else out.append(s.substr(0, character.length));
    return character.length;
}

// `{"kind":"call","seq":` of every kind.
const std::string& lineStart(Kind kind) {
    static const auto starts = [] {
        std::array<std::string, kindCount> all;
        for (const KindInfo& k : vocabulary())
            all[static_cast<std::size_t>(k.kind)] = "{\"kind\":\"" + std::string(k.name) + "\",\"seq\":";
        return all;
    }();
    return starts[static_cast<std::size_t>(kind)];
}

}  // namespace

std::size_t utf8Length(std::string_view s) { return s.empty() ? 0 : decode(s).length; }

void appendUtf8(std::string& out, u32 code) {
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
        return;
    }
    const unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    constexpr u32 lead[] = {0, 0xc0, 0xe0, 0xf0};
    out += static_cast<char>(lead[more] | code >> (6 * more));
    for (unsigned i = more; i-- > 0;) tail(6 * i);
}

void appendUnsigned(std::string& out, u64 n) {
    char text[20];
    out.append(text, std::to_chars(text, text + sizeof text, n).ptr);
}

void appendCount(std::string& out, i64 n) {
    char text[20];
    out.append(text, std::to_chars(text, text + sizeof text, n).ptr);
}

void appendHex(std::string& out, u64 n) {
    char text[20];
    out.append(text, putHex(text, n));
}

void appendText(std::string& out, std::string_view text) {
    out += '"';
    std::size_t i = 0;
    while (i < text.size()) {
        std::size_t end = i;
        while (end < text.size() && isPlain(text[end])) ++end;
        out.append(text.substr(i, end - i));
        i = end < text.size() ? end + appendSpecial(out, text.substr(end)) : end;
    }
    out += '"';
}

// In UTF-8, U+EF80..U+EFBF is EE BE 80..BF and U+EFC0..U+EFFF is EE BF 80..BF.
std::string unescapeBytes(std::string_view s) {
    std::string out;
    out.reserve(s.size());
    for (std::size_t i = 0; i < s.size(); ++i) {
        const bool escape = s[i] == '\xee' && i + 2 < s.size() && (s[i + 1] == '\xbe' || s[i + 1] == '\xbf');
        if (!escape) {
            out += s[i];
            continue;
        }
        out += static_cast<char>(static_cast<u8>(s[i + 2]) + (s[i + 1] == '\xbf' ? 0x40 : 0));
        i += 2;
    }
    return out;
}

std::string bytesFromHex(std::string_view digits) {
    const auto nibble = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    std::string bytes(digits.size() / 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]));
    return bytes;
}

void appendValue(std::string& out, const Value& value) {
    switch (value.type) {
        case Value::Type::null: out += "null"; return;
        case Value::Type::boolean: out += value.number ? "true" : "false"; return;
        case Value::Type::count: appendCount(out, value.asCount()); return;
        case Value::Type::hex: appendHex(out, value.number); return;
        case Value::Type::text: appendText(out, value.string); return;
        case Value::Type::list:
        case Value::Type::object: break;
    }
    const bool object = value.type == Value::Type::object;
    out += object ? '{' : '[';
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i) out += ',';
        if (object) {
            appendText(out, value.keys[i]);
            out += ':';
        }
        appendValue(out, value.items[i]);
    }
    out += object ? '}' : ']';
}

void appendBeginning(std::string& out, const Event& event) {
    out += lineStart(event.kind);
    appendUnsigned(out, event.seq);
    out += ",\"insn\":";
    appendUnsigned(out, event.insn);
    out += ",\"pid\":";
    appendCount(out, event.pid);
}

void appendEvent(std::string& out, const Event& event) {
    appendBeginning(out, event);
    for (const Attr& attr : event.attrs) {
        out += ',';
        appendText(out, attr.name);
        out += ':';
        appendValue(out, attr.value);
    }
    out += '}';
}

}  // namespace traces
