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

}  // namespace loader
