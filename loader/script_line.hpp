// The first line of a script, "#! interpreter [argument]" (execve(2), "Interpreter scripts").
#pragma once

#include "traces/types.hpp"

#include <optional>
#include <span>
#include <string>

namespace loader {

struct ScriptLine {
    std::string interpreter;
    std::optional<std::string> argument;    // everything behind the interpreter's name, inner blanks included
};
// header: the first bytes of the file, zeros after its end; it begins with "#!". A line that does not end in it is cut.
// Nothing when no interpreter is named.
std::optional<ScriptLine> parseScriptLine(std::span<const u8> header);
// v6.1: a name that may have been cut is none. One of length 0 is a name when nothing but "#!" is in the file.
std::optional<ScriptLine> parseScriptLineStrictly(std::span<const u8> header);

}  // namespace loader
