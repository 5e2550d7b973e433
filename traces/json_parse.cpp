#include "traces/json_parse.hpp"

#include "traces/json_text.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace traces {
namespace {

constexpr std::size_t mostKeys = 1024;   // in one object: looking for a key that is there twice takes time

// "0x1f" exactly as the writer spells it, so that writing it again gives the same bytes.
bool parseHex(std::string_view s, u64& number) {
    if (s.size() < 3 || s.size() > 18 || !s.starts_with("0x") || (s[2] == '0' && s.size() > 3)) return false;
    number = 0;
    for (const char c : s.substr(2)) {
        if (c >= '0' && c <= '9') number = number << 4 | static_cast<u64>(c - '0');
        else if (c >= 'a' && c <= 'f') number = number << 4 | static_cast<u64>(c - 'a' + 10);
        else return false;
    }
    return true;
}

class Builder final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit Builder(std::size_t deepest) : deepest_(deepest) {}

    bool null() override { return add(Value::null()); }
    bool boolean(bool b) override { return add(Value::boolean(b)); }
    bool number_integer(number_integer_t n) override { return add(Value::count(n)); }
    bool number_unsigned(number_unsigned_t n) override {
        if (n > static_cast<u64>(std::numeric_limits<i64>::max())) return fail("an integer does not fit 64 bits");
        return add(Value::count(static_cast<i64>(n)));
    }
    bool number_float(number_float_t, const string_t& s) override {
        return fail("'" + s.substr(0, 40) + "' is not an integer of 64 bits");
    }
    bool string(string_t& s) override {
        u64 number = 0;
        if (parseHex(s, number)) return add(Value::hex(number));
        return add(Value::text(unescapeBytes(s)));
    }
    bool binary(binary_t&) override { return fail("binary"); }
    bool start_object(std::size_t) override { return open(Value::object()); }
    bool start_array(std::size_t) override { return open(Value::list({})); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& s) override {
        Value& object = open_.back();
        std::string name = unescapeBytes(s);
        if (object.keys.size() >= mostKeys) return fail("an object has more than " + std::to_string(mostKeys) + " keys");
        if (std::ranges::find(object.keys, name) != object.keys.end())
            return fail("'" + name.substr(0, 40) + "' appears twice in an object");
        object.keys.push_back(std::move(name));
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        return fail("not JSON at byte " + std::to_string(position));
    }

    ParseResult take() { return {std::move(root_), std::move(error_)}; }

private:
    bool fail(std::string message) {
        error_ = std::move(message);
        return false;
    }
    bool add(Value v) {
        (open_.empty() ? root_ : open_.back().items.emplace_back()) = std::move(v);
        return true;
    }
    bool open(Value v) {
        if (open_.size() >= deepest_) return fail("more than " + std::to_string(deepest_) + " levels of nesting");
        open_.push_back(std::move(v));
        return true;
    }
    bool close() {
        Value v = std::move(open_.back());
        open_.pop_back();
        return add(std::move(v));
    }

    std::size_t deepest_;
    std::vector<Value> open_;
    Value root_;
    std::string error_;
};

}  // namespace

ParseResult parseJson(std::string_view text, std::size_t deepest) {
    Builder builder(deepest);
    nlohmann::json::sax_parse(text, &builder);
    return builder.take();
}

}  // namespace traces
