// Values and lines as a person reads them in a terminal.
#pragma once

#include "traces/event.hpp"

#include <string>
#include <vector>

namespace emu {

enum class Style : u8 { plain, dim, bold, call, syscall, mark, error, object };

// What a terminal shows and how wide it is.
struct Screen {
    unsigned width = 100;   // columns
    bool colour = false;
    std::string paint(Style style, std::string_view text) const;
};

std::size_t columns(std::string_view utf8) noexcept;                  // characters, without colour
std::string pad(std::string utf8, std::size_t width);                  // with spaces behind it, one at least
std::string cut(std::string_view utf8, std::size_t most);             // to `most` columns, the last one being …
std::vector<std::string> wrapped(std::string_view utf8, std::size_t most);  // in lines, between words where there are any
std::string printable(std::string_view bytes);                        // control characters and stray bytes escaped
std::string show(const traces::Value& value, std::size_t most = 48);  // strings quoted, at most about `most` columns
std::string showResult(const traces::Value& value);                   // -2 (ENOENT)
std::string showText(const traces::Event& event, std::string_view attr);   // a text attribute, printable; "" when absent
i64 count(const traces::Event& event, std::string_view attr) noexcept;     // 0 when absent
u64 number(const traces::Event& event, std::string_view attr) noexcept;    // of a hex attribute; 0 when absent
std::string hex(u64 n);                                                    // 0x1f
bool isError(const traces::Value& result) noexcept;                        // -4095..-1, as Linux encodes an errno

}  // namespace emu
