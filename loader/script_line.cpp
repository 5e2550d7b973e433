#include "loader/script_line.hpp"

namespace loader {

std::optional<ScriptLine> parseScriptLine(std::span<const u8> header) {
    constexpr auto blanks = " \t";
    std::string line(header.begin() + 2, header.end() - 1);
    line.resize(std::min(line.size(), line.find_first_of(std::string_view("\n\0", 2))));
    const auto begin = line.find_first_not_of(blanks);
    if (begin == std::string::npos) return {};
    line = line.substr(begin, line.find_last_not_of(blanks) + 1 - begin);
    const auto end = line.find_first_of(blanks);
    ScriptLine result{line.substr(0, end), {}};
    if (end != std::string::npos) result.argument = line.substr(line.find_first_not_of(blanks, end));
    return result;
}

namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view terminators("\t \0", 3);

// Where the line ends, or nothing when its interpreter's name may go on behind the header.
std::optional<std::size_t> endOfLine(std::string_view header) {
    const std::size_t newline = header.find('\n');
    if (newline != std::string_view::npos) return newline;
    const std::size_t name = header.find_first_not_of(blanks, 2);
    if (name == std::string_view::npos || header.find_first_of(terminators, name) == std::string_view::npos) return {};
    return header.size() - 1;       // the last byte of the buffer ends a name, and belongs to nothing
}

}  // namespace

std::optional<ScriptLine> parseScriptLineStrictly(std::span<const u8> bytes) {
    const std::string header(bytes.begin(), bytes.end());
    const std::optional<std::size_t> end = endOfLine(header);
    if (!end) return {};
    std::string_view line = std::string_view(header).substr(2, *end - 2);
    const std::size_t last = line.find_last_not_of(blanks);
    if (last == std::string_view::npos) return {};
    line = line.substr(line.find_first_not_of(blanks), last + 1 - line.find_first_not_of(blanks));
    const std::size_t separator = line.find_first_of(terminators);
    ScriptLine result{std::string(line.substr(0, separator)), {}};
    if (separator == std::string_view::npos || line[separator] == '\0') return result;
    const std::string_view argument = line.substr(line.find_first_not_of(blanks, separator));
    result.argument = std::string(argument.substr(0, argument.find('\0')));
    return result;
}

}  // namespace loader
