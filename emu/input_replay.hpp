// What came from outside, once more: the `input` events of a trace in place of the host's streams and terminal.
#pragma once

#include "emu/host_terminal.hpp"
#include "emu/tools/trace_input.hpp"

#include <deque>
#include <memory>
#include <span>
#include <string>

namespace emu {

// The `input` events of a trace, one after the other. A run that asks for another one is stopped: problem() says where.
class InputReplay final : public kernel::HostTerminal {
public:
    enum class Without : u8 { isError, isLive };        // a trace without the category input: isLive reads the host's streams
    // Throws std::runtime_error when it is no trace.
    explicit InputReplay(const std::string& path, Without without = Without::isError);

    const traces::Event& header() const { return header_; }
    const Screens& screens() const { return screens_; }         // as the header has them
    const std::string& problem() const { return problem_; }     // empty: it went as recorded
    bool hasInput() const { return has_input_; }
    void ended();                                               // the run: nothing may be left
    void showOn(int fd) { screen_ = fd; }                       // echoes; not owned; -1, as at first: nowhere
    int screen() const { return screen_; }

    // As HostGateway::readStream and writeStream. A write gives what may be written now of `size` bytes, or what it failed with then.
    long read(int stream, std::span<u8> to);
    long write(int stream, u64 size);

    bool taken() const override { return taken_; }
    int takeKeys(kernel::TypedAhead&) override;
    void setOutputModes(u32) override {}
    long keys(u64 look, std::span<u8> to, u64& wait_ns) override;
    int takeSignal() override;
    void size(u16& rows, u16& columns) override { rows = screens_.rows, columns = screens_.columns; }
    long write(std::span<const u8> from) override;

private:
    struct HostSignal { int number; u16 rows, columns; };

    void findNext();
    void advance();
    // The next event when it is one of this source and of now.
    const traces::Event* at(std::string_view source) const;
    std::string nextRecorded() const;                           // "line 7 recorded input of stdin at instruction 9"
    long stop(const std::string& what);
    long malformed(const std::string& what) { return stop(nextRecorded() + ", but " + what); }
    // Of the next event. -EIO: stopped.
    long takeBytes(std::span<u8> to);
    long takeOfLook(std::span<u8> to, long got);

    TraceInput in_;
    traces::Event header_;
    std::optional<traces::Event> next_;
    std::string problem_;
    Screens screens_;
    std::deque<HostSignal> signals_;
    int screen_ = -1;
    bool has_input_ = true, taken_ = false;
};

}  // namespace emu
