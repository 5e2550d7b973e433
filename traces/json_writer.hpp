// Writes events as JSON Lines. After a write error the file ends with its last complete line.
#pragma once

#include "traces/event.hpp"
#include "traces/hash.hpp"
#include "traces/sink.hpp"

#include <functional>

namespace traces {

class JsonWriter final : public Observer {
public:
    // Called once, with a message for the user: what failed, why, how much is there, what follows.
    using Report = std::function<void(const std::string& message)>;

    JsonWriter(Sink& sink, Report report);
    ~JsonWriter() override;
    JsonWriter(const JsonWriter&) = delete;
    JsonWriter& operator=(const JsonWriter&) = delete;

    void event(const Event& event) override;   // a footer gets its `hash` here and is flushed
    void flush();
    bool failed() const noexcept { return failed_; }
    u64 bytes() const noexcept { return written_ + buffer_.size(); }

private:
    void fail(Sink::Result result);

    static constexpr std::size_t bufferSize = std::size_t{1} << 20;
    Sink& sink_;
    Report report_;
    std::string buffer_;   // whole lines only
    Xxh64 hash_;           // of what left the buffer
    u64 written_ = 0;
    u64 lines_ = 0;
    bool failed_ = false;
};

// Flushes every writer there is: for a program that is about to die.
void flushWriters();

}  // namespace traces
