// Runs something twice and compares what both write (execscope trace --verify-determinism).
#pragma once

#include "traces/compact.hpp"
#include "traces/plain_bytes.hpp"
#include "traces/sink.hpp"

#include <fstream>
#include <functional>
#include <string>

namespace emu {

// Compares what is written to it with the lines of a trace, byte by byte.
class ComparingSink final : public traces::Sink {
public:
    explicit ComparingSink(const std::string& path);    // throws std::runtime_error

    Result write(std::string_view bytes) override;
    std::string name() const override { return path_; }
    u64 differs();                                      // line of the first difference, from 1; 0: none. After the last write

private:
    std::string path_;
    std::ifstream file_;
    traces::PlainBytes plain_;
    traces::TraceText bytes_;
    u64 line_ = 1;
    bool differs_ = false;
};

// The kernel boots once in a process, so each run is a child. The second one says how it differed, or nothing; its standard output and
// error go nowhere. Returns the status of the first; 125 with a message when the runs differ, or were not comparable.
int runTwice(const std::function<int()>& first, const std::function<std::string()>& second);

}  // namespace emu
