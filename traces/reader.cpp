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

bool Reader::refill() {
    buffer_.resize(chunk);
    buffer_.resize(static_cast<std::size_t>(in_.rdbuf()->sgetn(buffer_.data(), chunk)));
    at_ = 0;
    return !buffer_.empty();
}

bool Reader::readLine() {
    text_.clear();
    ++line_;
    while (at_ < buffer_.size() || refill()) {
        const std::size_t end = std::min(buffer_.find('\n', at_), buffer_.size());
        if (text_.size() + (end - at_) > longestLine) return fail("longer than " + std::to_string(longestLine) + " bytes");
        text_.append(buffer_, at_, end - at_);
        at_ = end + 1;
        if (end == buffer_.size()) continue;
        offset_ += text_.size() + 1;
        return true;
    }
    cut_ = !text_.empty();
    if (cut_) return fail("the trace was cut inside this line");
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

bool Reader::envelopes(Event& event, const Value& line) {
    for (const std::string_view key : {"seq", "insn", "pid"}) {
        const Value* value = line.find(key);
        if (!value) return fail("no '" + std::string(key) + "'");
        if (!envelope(event, key, *value)) return false;
    }
    return true;
}

bool Reader::attributes(Event& event, const KindInfo& kind, Value& line) {
    for (std::size_t i = 0; i < line.keys.size(); ++i) {
        const std::string& key = line.keys[i];
        if (key == "kind" || key == "seq" || key == "insn" || key == "pid") continue;
        const std::optional<std::string_view> interned = intern(key, kind);
        if (!interned) return fail("more than " + std::to_string(mostNames) + " unknown attribute names");
        const AttrInfo* known = findAttr(kind, key);
        if (known && (known->type == AttrType::text || known->type == AttrType::texts || known->type == AttrType::bytes))
            restoreText(line.items[i]);
        event.attrs.push_back({*interned, std::move(line.items[i])});
    }
    return true;
}

Reader::Step Reader::fill(Event& event, Value& line) {
    const Value* name = line.find("kind");
    const bool named = name && name->type == Value::Type::text;
    if (!named) {
        fail("no 'kind'");
        return Step::end;
    }
    const KindInfo* kind = findKind(name->string);
    if (!kind && newer_) {
        ++passed_over_;
        return Step::passed;
    }
    if (!kind) {
        fail("unknown kind of event " + quoted(name->string));
        return Step::end;
    }
    event.kind = kind->kind;
    if (!envelopes(event, line) || !attributes(event, *kind, line)) return Step::end;
    return event.kind == Kind::header && !version(event) ? Step::end : Step::event;
}

// MAJOR.MINOR: a major version changes what was there, a minor one adds to it.
bool Reader::version(const Event& header) {
    const Value* value = header.find("version");
    const std::string theirs = value ? value->string : "";
    const auto split = [](std::string_view s) {
        return std::pair(s.substr(0, s.find('.')), s.substr(std::min(s.find('.'), s.size() - 1) + 1));
    };
    const auto [major, minor] = split(theirs);
    const auto [our_major, our_minor] = split(schemaVersion);
    if (theirs.empty() || major != our_major)
        return fail("this is version " + quoted(theirs) + " of the format; this execscope reads " + std::string(our_major) + ".x");
    newer_ = std::pair(minor.size(), minor) > std::pair(our_minor.size(), our_minor);
    return true;
}

Reader::Step Reader::step(Event& event) {
    if (error_ || !readLine()) return Step::end;
    before_ = 0;
    ParseResult parsed = parseJson(text_, deepest);
    if (!parsed.error.empty()) {
        fail(std::move(parsed.error));
        return Step::end;
    }
    if (parsed.value.type != Value::Type::object) {
        fail("not a JSON object");
        return Step::end;
    }
    const Step result = fill(event, parsed.value);
    if (result == Step::event && event.kind == Kind::footer) before_ = hash_.digest();
    hash_.update(text_.data(), text_.size());
    hash_.update("\n", 1);
    return result;
}

std::optional<Event> Reader::next() {
    for (;;) {
        Event event{};
        const Step result = step(event);
        if (result == Step::end) return std::nullopt;
        if (result == Step::event) return event;
    }
}

}  // namespace traces
