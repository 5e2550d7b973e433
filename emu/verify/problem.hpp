// What is wrong with a trace, and the attributes of an event that complaint() has found complete.
#pragma once

#include "traces/event.hpp"

#include <compare>
#include <stdexcept>
#include <string>

namespace emu {

struct Problem : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Where it is asked of every event, an if spares the text.
inline void demand(bool holds, const std::string& otherwise) {
    if (!holds) throw Problem(otherwise);
}

inline const traces::Value& attr(const traces::Event& event, std::string_view name) { return *event.find(name); }
inline const std::string& textOf(const traces::Event& event, std::string_view name) { return attr(event, name).string; }
inline u64 hexOf(const traces::Event& event, std::string_view name) { return attr(event, name).number; }
inline i64 countOf(const traces::Event& event, std::string_view name) { return attr(event, name).asCount(); }
std::string shown(const traces::Value& value);      // as in JSON, shortened
std::string shownHex(u64 n);

// TYPE#N, in the order of the types and then of the numbers.
struct ObjectName {
    std::string type;
    u64 serial = 0;
    auto operator<=>(const ObjectName&) const = default;
    std::string text() const { return type + '#' + std::to_string(serial); }
};
ObjectName objectName(const std::string& text);     // throws Problem
inline ObjectName objectOf(const traces::Event& event, std::string_view name) { return objectName(textOf(event, name)); }

}  // namespace emu
