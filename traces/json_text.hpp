// Building JSON text by appending, for the path that runs once per event.
#pragma once

#include "traces/event.hpp"

#include <array>
#include <string>

namespace traces {

// Characters that stand for themselves in a JSON string.
inline constexpr auto plainCharacters = [] {
    std::array<bool, 256> table{};
    for (unsigned c = 0x20; c < 0x7f; ++c) table[c] = c != '"' && c != '\\';
    return table;
}();
inline bool isPlain(char c) noexcept { return plainCharacters[static_cast<u8>(c)]; }

void appendCount(std::string& out, i64 n);
void appendUnsigned(std::string& out, u64 n);
void appendHex(std::string& out, u64 n);              // "0x1f" with its quotes

// A JSON string. Control characters (also 0x80 to 0x9f) are \u escapes. A byte b that is not part of valid UTF-8 is the
// escape of U+EF80 + (b - 0x80), and so is each byte of a genuine U+EF80..U+EFFF: unescapeBytes() gives back every input.
void appendText(std::string& out, std::string_view text);
std::string unescapeBytes(std::string_view utf8);     // of a decoded JSON string

// What Value::bytes() wrote: two hex digits, small or capital, per byte. Half a byte at the end is left out; what another character stands
// for is not defined.
std::string bytesFromHex(std::string_view digits);

std::size_t utf8Length(std::string_view s);            // of the character at its front beyond ASCII, in bytes; 0: it is none
void appendUtf8(std::string& out, u32 code);

void appendValue(std::string& out, const Value& value);
void appendBeginning(std::string& out, const Event& event);   // kind, seq, insn, pid: up to the attributes
void appendEvent(std::string& out, const Event& event);   // one line, without the newline: kind, seq, insn, pid, attributes

}  // namespace traces
