// `run --report FILE`: how the guest ended, for a program to read (traces/schema/report.schema.json).
#pragma once

#include "emu/machine.hpp"
#include "emu/run_report/end_watcher.hpp"
#include "traces/sink.hpp"

#include <memory>

namespace emu {

class RunReport {
public:
    // Opens the file; throws std::runtime_error when it cannot be written.
    explicit RunReport(const Options& options);

    // Each writes the whole file; throws std::runtime_error when that fails. One of them, once.
    void finish(const Outcome& outcome);
    void fail(const std::string& message);          // execscope ended the run, not the guest

    int descriptor() const { return fd_; }
    std::string lastReport() const;                 // of a run that the host holds beyond its --timeout

private:
    void write(const std::string& text);

    const Options& options_;
    int fd_ = -1;                                   // the sink's
    std::unique_ptr<traces::FdSink> sink_;
    EndWatcher watcher_;
};

}  // namespace emu
