#include "traces/json_parse.hpp"

#include "traces/json_text.hpp"

#include <algorithm>
#include <charconv>

namespace traces {
namespace {

constexpr std::size_t mostKeys = 1024;   // in one object: looking for a key that is there twice takes time
constexpr std::size_t mostValues = std::size_t{1} << 20;     // in a text: a value takes a hundred bytes of memory

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// The digits of a hexadecimal number in lower case, all of `s`.
bool parseDigits(std::string_view s, u64& number) {
    number = 0;
    for (const char c : s) {
        if (isDigit(c)) number = number << 4 | static_cast<u64>(c - '0');
        else if (c >= 'a' && c <= 'f') number = number << 4 | static_cast<u64>(c - 'a' + 10);
        else return false;
    }
    return true;
}

// "0x1f" exactly as the writer spells it, so that writing it again gives the same bytes.
bool parseHex(std::string_view s, u64& number) {
    return s.size() >= 3 && s.size() <= 18 && s.starts_with("0x") && (s[2] != '0' || s.size() == 3) && parseDigits(s.substr(2), number);
}

// RFC 8259, read from left to right; the first thing that is wrong ends it.
class Parser {
public:
    Parser(std::string_view text, std::size_t deepest) : s_(text), deepest_(deepest) {}

    ParseResult parse() {
        Value root;
        if (value(root, 0) && (space(), at_ != s_.size())) wrong();
        return {std::move(root), std::move(error_)};
    }

private:
    bool fail(std::string message) {
        error_ = std::move(message);
        return false;
    }
    bool wrong() { return fail("not JSON at byte " + std::to_string(at_ + 1)); }
    char peek() const { return at_ < s_.size() ? s_[at_] : '\0'; }       // a NUL is nowhere JSON
    void space() {
        while (at_ < s_.size() && (s_[at_] == ' ' || s_[at_] == '\t' || s_[at_] == '\n' || s_[at_] == '\r')) ++at_;
    }
    bool take(char c) {
        if (peek() != c) return false;
        ++at_;
        return true;
    }

    bool value(Value& v, std::size_t depth) {
        if (++values_ > mostValues) return fail("more than " + std::to_string(mostValues) + " values");
        space();
        switch (peek()) {
            case '{': return object(v, depth);
            case '[': return list(v, depth);
            case '"': return text(v);
            case 't': v = Value::boolean(true); return word("true");
            case 'f': v = Value::boolean(false); return word("false");
            case 'n': return word("null");
            default: return number(v);
        }
    }

    bool word(std::string_view expected) {
        for (const char c : expected)
            if (!take(c)) return wrong();
        return true;
    }

    bool number(Value& v) {
        const std::size_t begin = at_;
        take('-');
        if (!isDigit(peek())) return wrong();
        if (!take('0'))
            while (isDigit(peek())) ++at_;
        if (peek() == '.' || peek() == 'e' || peek() == 'E') {
            while (isDigit(peek()) || (peek() && std::string_view(".eE+-").find(peek()) != std::string_view::npos)) ++at_;
            return fail("'" + std::string(s_.substr(begin, std::min<std::size_t>(at_ - begin, 40))) + "' is not an integer of 64 bits");
        }
        i64 n = 0;
        if (std::from_chars(s_.data() + begin, s_.data() + at_, n).ec != std::errc()) return fail("an integer does not fit 64 bits");
        v = Value::count(n);
        return true;
    }

    bool text(Value& v) {
        std::string s;
        if (!string(s)) return false;
        u64 number = 0;
        if (parseHex(s, number)) {
            v = Value::hex(number);
        } else {
            v.type = Value::Type::text;
            v.string = std::move(s);
        }
        return true;
    }

    bool string(std::string& out) {
        ++at_;
        bool special = false;       // something in it that may stand for bytes
        for (;;) {
            const std::size_t begin = at_;
            while (at_ < s_.size() && isPlain(s_[at_])) ++at_;
            out.append(s_, begin, at_ - begin);
            if (take('"')) break;
            if (!(peek() == '\\' ? escape(out) : character(out))) return false;
            special = true;
        }
        if (special) out = unescapeBytes(out);
        return true;
    }

    // One that is not plain, as it stands: DEL or UTF-8.
    bool character(std::string& out) {
        const std::size_t length = peek() == '\x7f' ? 1 : utf8Length(s_.substr(at_));
        if (length == 0) return wrong();
        out.append(s_, at_, length);
        at_ += length;
        return true;
    }

    bool escape(std::string& out) {
        constexpr std::string_view names = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
        ++at_;
        if (take('u')) return unicode(out);
        const std::size_t which = peek() ? names.find(peek()) : std::string_view::npos;
        if (which == std::string_view::npos) return wrong();
        out += meant[which];
        ++at_;
        return true;
    }

    bool unit(u32& code) {
        code = 0;
        for (unsigned i = 0; i < 4; ++i, ++at_) {
            const char c = peek() >= 'A' && peek() <= 'F' ? static_cast<char>(peek() - 'A' + 'a') : peek();
            u64 digit = 0;
            if (!parseDigits({&c, 1}, digit)) return wrong();
            code = code << 4 | static_cast<u32>(digit);
        }
        return true;
    }

    bool unicode(std::string& out) {
        u32 code = 0, low = 0;
        if (!unit(code)) return false;
        if (code >= 0xdc00 && code < 0xe000) return wrong();
        if (code >= 0xd800 && code < 0xdc00) {
            if (!take('\\') || !take('u')) return wrong();
            if (!unit(low)) return false;
            if (low < 0xdc00 || low >= 0xe000) return wrong();
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        appendUtf8(out, code);
        return true;
    }

    bool deeper(Value& v, Value::Type type, std::size_t depth) {
        if (depth >= deepest_) return fail("more than " + std::to_string(deepest_) + " levels of nesting");
        v.type = type;
        ++at_;
        space();
        return true;
    }

    bool list(Value& v, std::size_t depth) {
        if (!deeper(v, Value::Type::list, depth)) return false;
        if (take(']')) return true;
        for (;;) {
            if (!value(v.items.emplace_back(), depth + 1)) return false;
            space();
            if (take(']')) return true;
            if (!take(',')) return wrong();
        }
    }

    bool key(Value& v) {
        space();
        if (peek() != '"') return wrong();
        std::string name;
        if (!string(name)) return false;
        if (v.keys.size() >= mostKeys) return fail("an object has more than " + std::to_string(mostKeys) + " keys");
        if (std::ranges::find(v.keys, name) != v.keys.end()) return fail("'" + name.substr(0, 40) + "' appears twice in an object");
        v.keys.push_back(std::move(name));
        space();
        return take(':') || wrong();
    }

    bool object(Value& v, std::size_t depth) {
        if (!deeper(v, Value::Type::object, depth)) return false;
        if (take('}')) return true;
        if (depth == 0) v.items.reserve(12), v.keys.reserve(12);     // an event
        for (;;) {
            if (!key(v) || !value(v.items.emplace_back(), depth + 1)) return false;
            space();
            if (take('}')) return true;
            if (!take(',')) return wrong();
        }
    }

    std::string_view s_;
    std::size_t at_ = 0;
    std::size_t deepest_, values_ = 0;
    std::string error_;
};

}  // namespace

ParseResult parseJson(std::string_view text, std::size_t deepest) { return Parser(text, deepest).parse(); }

}  // namespace traces
