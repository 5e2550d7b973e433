// Where the bytes of a trace go.
#pragma once

#include "traces/types.hpp"

#include <string>
#include <string_view>

namespace traces {

class Sink {
public:
    virtual ~Sink() = default;
    struct Result {
        std::size_t written = 0;   // bytes that arrived, also on error
        int error = 0;             // errno, 0 when all arrived
        bool late = false;         // bytes arrive behind the call: the error is that of earlier ones, or of some of these
    };
    virtual Result write(std::string_view bytes) = 0;
    virtual Result finish() { return {}; }      // waits until all has arrived; nothing is written afterwards
    // Files in frames: whether to begin one when `pending` more bytes are written, and doing so.
    virtual bool wantsFrame(std::size_t pending) const { return static_cast<void>(pending), false; }
    virtual void beginFrame() {}
    virtual void truncate(u64 size) { static_cast<void>(size); }   // drops what lies behind, where the sink can
    virtual std::string name() const = 0;                          // for messages
};

class MemorySink final : public Sink {
public:
    Result write(std::string_view bytes) override;
    void truncate(u64 size) override;
    std::string name() const override { return "memory"; }
    const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

// A descriptor of the host. The program must ignore SIGPIPE, so that a closed pipe is an error like any other.
class FdSink final : public Sink {
public:
    enum class Ownership : u8 { borrowed, owned };
    FdSink(int fd, std::string name, Ownership ownership) : fd_(fd), name_(std::move(name)), ownership_(ownership) {}
    ~FdSink() override;
    FdSink(const FdSink&) = delete;
    FdSink& operator=(const FdSink&) = delete;

    Result write(std::string_view bytes) override;
    void truncate(u64 size) override;
    std::string name() const override { return name_; }

private:
    int fd_;
    std::string name_;
    Ownership ownership_;
};

}  // namespace traces
