// Reads a trace line by line. Any input gives events or one error with its line number.
#pragma once

#include "traces/event.hpp"

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
    u64 line() const noexcept { return line_; }

    static constexpr std::size_t longestLine = std::size_t{64} << 20;   // bytes
    static constexpr std::size_t deepest = 16;                          // objects and arrays inside each other
    static constexpr std::size_t mostNames = 4096;                      // attribute names outside the vocabulary

private:
    bool readLine();
    bool fail(std::string message);
    bool fill(Event& event, Value& line);
    bool envelope(Event& event, std::string_view key, const Value& value);
    std::optional<std::string_view> intern(const std::string& name, const KindInfo& kind);

    std::istream& in_;
    std::string text_;
    u64 line_ = 0;
    std::optional<ReadError> error_;
    std::set<std::string, std::less<>> names_;
};

}  // namespace traces
