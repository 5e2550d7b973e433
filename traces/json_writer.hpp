// Writes events as JSON Lines. After a write error the file ends with its last complete line.
#pragma once

#include "traces/compact.hpp"
#include "traces/event.hpp"
#include "traces/hash.hpp"
#include "traces/sink.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace traces {

class JsonWriter final : public Observer {
public:
    // Called once, with a message for the user: what failed, why, how much is there, what follows.
    using Report = std::function<void(const std::string& message)>;

    JsonWriter(Sink& sink, Report report);
    // The compact form, with the names of the registers that instructions tell by number.
    JsonWriter(Sink& sink, Report report, std::string_view registers);
    ~JsonWriter() override;
    JsonWriter(const JsonWriter&) = delete;
    JsonWriter& operator=(const JsonWriter&) = delete;

    void event(const Event& event) override;   // a footer gets its `hash` here and is flushed
    bool compact() const noexcept { return compact_.has_value(); }
    // The attributes of the next `insn` event as text, `,"address":...}`, or in the compact form as records, to be kept until then:
    // the event itself has none.
    void prepare(std::string_view attributes) noexcept { prepared_ = attributes; }
    // Whether an event of so many prepared bytes only goes into the buffer.
    bool hasRoom(std::size_t bytes) const noexcept { return !failed_ && buffer_.size() + bytes + 128 < bufferSize; }
    void flush();
    void finish();                             // all that was written has arrived, or failed(); nothing is written afterwards
    bool failed() const noexcept { return failed_; }
    u64 bytes() const noexcept { return written_ + buffer_.size(); }

private:
    void fail(Sink::Result result);
    void append(const Event& event);
    void appendCompact(const Event& event);
    u64 hash() const;      // of all bytes so far

    static constexpr std::size_t bufferSize = std::size_t{1} << 20;
    Sink& sink_;
    Report report_;
    std::string buffer_;   // whole lines only
    std::string_view prepared_;
    Xxh64 hash_;           // of what left the buffer
    u64 written_ = 0;
    u64 lines_ = 0, pending_ = 0;      // events that were written, and that wait in the buffer
    std::optional<CompactEncoder> compact_;
    std::vector<std::size_t> ends_;    // of the events in the buffer, in the compact form
    std::string text_;     // of one line
    bool failed_ = false;
};

// Finishes every writer there is: for a program that is about to die.
void flushWriters();

}  // namespace traces
