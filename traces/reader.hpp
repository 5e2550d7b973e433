// Reads a trace line by line, in constant memory. Any input gives events or one error with its line number. A trace of a later
// minor version is read as far as it is known: other kinds of events are passed over, other attributes kept.
#pragma once

#include "traces/event.hpp"
#include "traces/hash.hpp"

#include <istream>
#include <optional>
#include <set>
#include <string>

namespace traces {

struct ReadError {
    u64 line = 0;          // from 1
    std::string message;   // what is wrong, in words
};

class Reader {
public:
    explicit Reader(std::istream& in) : in_(in) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // The next event; nothing at the end or after an error. Names in it live as long as the reader.
    std::optional<Event> next();
    const std::optional<ReadError>& error() const noexcept { return error_; }
    u64 line() const noexcept { return line_; }                     // of the last event, from 1
    u64 offset() const noexcept { return offset_; }                 // bytes read, its newline included
    std::string_view text() const noexcept { return text_; }        // its bytes, without the newline; until the next next()
    u64 hashBefore() const noexcept { return before_; }             // XXH64 of all bytes before a footer, as the footer has it
    // Whether the trace ends inside a line: what a writer that was killed leaves. The error is that of this line.
    bool cut() const noexcept { return cut_; }
    u64 passedOver() const noexcept { return passed_over_; }        // events of unknown kinds so far

    static constexpr std::size_t longestLine = std::size_t{64} << 20;   // bytes
    static constexpr std::size_t deepest = 16;                          // objects and arrays inside each other
    static constexpr std::size_t mostNames = 4096;                      // attribute names outside the vocabulary

private:
    enum class Step : u8 { event, passed, end };
    Step step(Event& event);
    bool readLine();
    bool refill();
    bool fail(std::string message);
    Step fill(Event& event, Value& line);
    bool envelopes(Event& event, const Value& line);
    bool attributes(Event& event, const KindInfo& kind, Value& line);
    bool version(const Event& header);
    bool envelope(Event& event, std::string_view key, const Value& value);
    std::optional<std::string_view> intern(const std::string& name, const KindInfo& kind);

    static constexpr std::size_t chunk = std::size_t{1} << 16;
    std::istream& in_;
    std::string buffer_;
    std::size_t at_ = 0;            // in buffer_
    std::string text_;
    u64 line_ = 0, offset_ = 0, before_ = 0, passed_over_ = 0;
    Xxh64 hash_;
    bool cut_ = false;
    bool newer_ = false;            // a later minor version than ours
    std::optional<ReadError> error_;
    std::set<std::string, std::less<>> names_;
};

}  // namespace traces
