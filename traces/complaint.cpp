#include "traces/complaint.hpp"

#include <algorithm>

namespace traces {
namespace {

using Type = Value::Type;

bool isBytes(const std::string& s) {
    return s.size() % 2 == 0 &&
           std::ranges::all_of(s, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool allOf(const Value& v, Type type) {
    return v.type == Type::list && std::ranges::all_of(v.items, [&](const Value& item) { return item.type == type; });
}

bool isMemory(const Value& v) {
    return allOf(v, Type::object) && std::ranges::all_of(v.items, [](const Value& change) {
               const Value* address = change.find("address");
               const Value* bytes = change.find("bytes");
               return change.items.size() == 2 && address && address->type == Type::hex && bytes && isBytes(bytes->string);
           });
}

bool fits(const Value& v, AttrType type) {
    switch (type) {
        case AttrType::text: return v.type == Type::text;
        case AttrType::count: return v.type == Type::count;
        case AttrType::hex: return v.type == Type::hex;
        case AttrType::boolean: return v.type == Type::boolean;
        case AttrType::bytes: return v.type == Type::text && isBytes(v.string);
        case AttrType::object: return v.type == Type::null || (v.type == Type::text && v.string.find('#') != std::string::npos);
        case AttrType::texts: return allOf(v, Type::text);
        case AttrType::hexes: return allOf(v, Type::hex);
        case AttrType::map: return v.type == Type::object;
        case AttrType::memory: return isMemory(v);
        case AttrType::any: return true;
    }
    return false;
}

}  // namespace

std::string complaint(const Event& event) {
    const KindInfo& kind = info(event.kind);
    const auto about = [&](std::string_view what, std::string_view attr) {
        return std::string(kind.name) + ": " + std::string(what) + " '" + std::string(attr) + "'";
    };
    const AttrInfo* last = nullptr;
    for (const Attr& attr : event.attrs) {
        const AttrInfo* known = findAttr(kind, attr.name);
        if (!known) return about("there is no", attr.name);
        if (last && known <= last) return about("out of order:", attr.name);
        if (!fits(attr.value, known->type)) return about("wrong type of", attr.name);
        last = known;
    }
    for (const AttrInfo& attr : kind.attrs)
        if (attr.required && !event.find(attr.name)) return about("there must be", attr.name);
    return {};
}

}  // namespace traces
