// Building JSON text by appending, for the path that runs once per event.
#pragma once

#include "traces/event.hpp"

#include <string>

namespace traces {

void appendCount(std::string& out, i64 n);
void appendUnsigned(std::string& out, u64 n);
void appendHex(std::string& out, u64 n);              // "0x1f" with its quotes

// A JSON string. Control characters (also 0x80 to 0x9f) are \u escapes. A byte b that is not part of valid UTF-8 is the
// escape of U+EF80 + (b - 0x80), and so is each byte of a genuine U+EF80..U+EFFF: unescapeBytes() gives back every input.
void appendText(std::string& out, std::string_view text);
std::string unescapeBytes(std::string_view utf8);     // of a decoded JSON string

void appendValue(std::string& out, const Value& value);
void appendEvent(std::string& out, const Event& event);   // one line, without the newline: kind, seq, insn, pid, attributes

}  // namespace traces
