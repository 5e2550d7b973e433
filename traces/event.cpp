#include "traces/event.hpp"

#include "traces/json_digits.hpp"

#include <algorithm>

namespace traces {

Value Value::bytes(const void* data, std::size_t size) {
    Value v{Type::text, 0, {}, {}, {}};
    v.string.resize(2 * size);
    putBytes(v.string.data(), static_cast<const u8*>(data), size);
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
