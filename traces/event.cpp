#include "traces/event.hpp"

#include <algorithm>

namespace traces {

Value Value::bytes(const void* data, std::size_t size) {
    static constexpr char digits[] = "0123456789abcdef";
    Value v{Type::text, 0, {}, {}, {}};
    v.string.resize(2 * size);
    for (std::size_t i = 0; i < size; ++i) {
        const u8 byte = static_cast<const u8*>(data)[i];
        v.string[2 * i] = digits[byte >> 4];
        v.string[2 * i + 1] = digits[byte & 15];
    }
    return v;
}

Value& Value::with(std::string_view key, Value item) {
    keys.emplace_back(key);
    items.push_back(std::move(item));
    return *this;
}

const Value* Value::find(std::string_view key) const {
    const auto at = std::ranges::find(keys, key);
    return at == keys.end() ? nullptr : &items[static_cast<std::size_t>(at - keys.begin())];
}

const Value* Event::find(std::string_view name) const {
    const auto at = std::ranges::find(attrs, name, &Attr::name);
    return at == attrs.end() ? nullptr : &at->value;
}

}  // namespace traces
