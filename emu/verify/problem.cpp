#include "emu/verify/problem.hpp"

#include "traces/json_text.hpp"

#include <charconv>

namespace emu {

std::string shown(const traces::Value& value) {
    std::string text;
    traces::appendValue(text, value);
    return text.size() <= 120 ? text : text.substr(0, 120) + "...";
}

std::string shownHex(u64 n) { return shown(traces::Value::hex(n)); }

ObjectName objectName(const std::string& text) {
    const std::size_t mark = text.rfind('#');
    ObjectName name;
    demand(mark != std::string::npos && mark > 0, "'" + text.substr(0, 60) + "' is no name of an object");
    const char *begin = text.data() + mark + 1, *end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(begin, end, name.serial);
    demand(error == std::errc() && stop == end, "'" + text.substr(0, 60) + "' is no name of an object");
    name.type = text.substr(0, mark);
    return name;
}

}  // namespace emu
