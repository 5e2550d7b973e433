#include "traces/reader.hpp"

#include "traces/json_parse.hpp"
#include "traces/json_text.hpp"

#include <algorithm>
#include <limits>

namespace traces {
namespace {

std::string quoted(std::string_view s) {
    std::string out;
    appendText(out, s.substr(0, 60));
    return out;
}

// A text such as "0x10" reads as hex; where the vocabulary wants a text, it is one.
void restoreText(Value& value) {
    for (Value& item : value.items) restoreText(item);
    if (value.type != Value::Type::hex) return;
    std::string text;
    appendHex(text, value.number);
    value = Value::text(std::string_view(text).substr(1, text.size() - 2));
}

}  // namespace

bool Reader::fail(std::string message) {
    error_ = ReadError{line_, std::move(message)};
    return false;
}

bool Reader::readLine() {
    text_.clear();
    ++line_;
    std::streambuf* bytes = in_.rdbuf();
    for (int c = bytes->sbumpc(); c != std::char_traits<char>::eof(); c = bytes->sbumpc()) {
        if (c == '\n') return true;
        if (text_.size() == longestLine) return fail("longer than " + std::to_string(longestLine) + " bytes");
        text_ += static_cast<char>(c);
    }
    if (!text_.empty()) return fail("the trace was cut inside this line");
    --line_;
    return false;
}

std::optional<std::string_view> Reader::intern(const std::string& name, const KindInfo& kind) {
    if (const AttrInfo* known = findAttr(kind, name)) return known->name;
    if (const auto at = names_.find(name); at != names_.end()) return *at;
    if (names_.size() == mostNames) return std::nullopt;
    return *names_.insert(name).first;
}

bool Reader::envelope(Event& event, std::string_view key, const Value& value) {
    const bool number = value.type == Value::Type::count;
    const i64 n = value.asCount();
    if (key == "pid") {
        if (!number || n < 0 || n > std::numeric_limits<int>::max()) return fail("'pid' is not a process id");
        event.pid = static_cast<int>(n);
        return true;
    }
    if (!number || n < 0) return fail("'" + std::string(key) + "' is not a number from 0");
    (key == "seq" ? event.seq : event.insn) = value.number;
    return true;
}

bool Reader::fill(Event& event, Value& line) {
    const Value* name = line.find("kind");
    if (!name || name->type != Value::Type::text) return fail("no 'kind'");
    const KindInfo* kind = findKind(name->string);
    if (!kind) return fail("unknown kind of event " + quoted(name->string));
    event.kind = kind->kind;
    for (const std::string_view key : {"seq", "insn", "pid"}) {
        const Value* value = line.find(key);
        if (!value) return fail("no '" + std::string(key) + "'");
        if (!envelope(event, key, *value)) return false;
    }
    for (std::size_t i = 0; i < line.keys.size(); ++i) {
        const std::string& key = line.keys[i];
        if (key == "kind" || key == "seq" || key == "insn" || key == "pid") continue;
        const std::optional<std::string_view> interned = intern(key, *kind);
        if (!interned) return fail("more than " + std::to_string(mostNames) + " unknown attribute names");
        const AttrInfo* known = findAttr(*kind, key);
        if (known && (known->type == AttrType::text || known->type == AttrType::texts || known->type == AttrType::bytes))
            restoreText(line.items[i]);
        event.attrs.push_back({*interned, std::move(line.items[i])});
    }
    return true;
}

std::optional<Event> Reader::next() {
    if (error_ || !readLine()) return std::nullopt;
    ParseResult parsed = parseJson(text_, deepest);
    if (!parsed.error.empty()) {
        fail(std::move(parsed.error));
        return std::nullopt;
    }
    Event event{};
    if (parsed.value.type != Value::Type::object) {
        fail("not a JSON object");
        return std::nullopt;
    }
    if (!fill(event, parsed.value)) return std::nullopt;
    return event;
}

}  // namespace traces
