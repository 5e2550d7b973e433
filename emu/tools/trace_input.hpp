// A trace file, compressed, compact or neither, as every tool that reads one gets it: events, or an exception with the path, the
// line and what is wrong.
#pragma once

#include "traces/compact.hpp"
#include "traces/plain_bytes.hpp"
#include "traces/reader.hpp"

#include <fstream>
#include <string>

namespace emu {

class TraceInput {
public:
    enum class Cut : u8 { isError, isEnd };        // what an end inside a line is
    // "-" is standard input. Throws std::runtime_error when it cannot be opened.
    explicit TraceInput(const std::string& path, Cut cut = Cut::isError);
    TraceInput(const TraceInput&) = delete;
    TraceInput& operator=(const TraceInput&) = delete;

    // The next event, in the order of the file; nothing at its end. The first one is a header. Throws std::runtime_error with
    // "PATH, line N: MESSAGE", also when the heap has grown beyond mostMemory().
    std::optional<traces::Event> next();
    const traces::Reader& reader() const noexcept { return reader_; }
    const std::string& name() const noexcept { return name_; }
    u64 size() const noexcept { return size_; }     // of the file, in bytes; 0: not known
    u64 taken() const noexcept { return bytes_.taken(); }   // bytes of the file that were read

    [[noreturn]] void refuse(u64 line, const std::string& message) const;
    [[noreturn]] void refuseMemory() const;         // that the last event needs

private:
    static std::streambuf& open(const std::string& path, std::ifstream& file);
    std::optional<traces::Event> read();
    void lookAtHeap();

    std::ifstream file_;
    traces::PlainBytes bytes_;
    traces::TraceText text_;
    std::istream stream_;
    std::string name_;
    Cut cut_;
    u64 size_ = 0;
    u64 look_at_ = 0;                               // at this offset of the text the heap is looked at next
    traces::Reader reader_;
};

}  // namespace emu
