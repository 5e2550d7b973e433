// Connects a machine to a trace: header, writer, instruction events, footer.
#pragma once

#include "cpu/cpu.hpp"
#include "emu/log.hpp"
#include "emu/machine.hpp"
#include "traces/json_writer.hpp"

#include <memory>
#include <string>

namespace emu {

// Turns executed instructions into `insn` events.
class InstructionTracer final : public cpu::InstructionObserver {
public:
    void instruction(const cpu::InstructionRecord& record) override;
};

// One traced run: the header is written at construction, the footer by finish().
class TraceSession {
public:
    // Observers must have been added to the tracer before, to see the header.
    TraceSession(GuestMachine& machine, const WorldOptions& options, u64 mask);
    ~TraceSession();
    TraceSession(const TraceSession&) = delete;
    TraceSession& operator=(const TraceSession&) = delete;
    void finish(const Outcome& outcome);

private:
    InstructionTracer instructions_;
};

// Where `path` says: "-" is standard output. Throws std::runtime_error ("cannot write WHAT") when it cannot be created.
std::unique_ptr<traces::FdSink> openSink(const std::string& path, const std::string& what);

// A trace file being written. Throws std::runtime_error when it cannot be created; "-" is standard output.
class TraceFile {
public:
    explicit TraceFile(const std::string& path);
    ~TraceFile();
    bool failed() const { return writer_->failed(); }
    u64 bytes() const { return writer_->bytes(); }
    void flush() { writer_->flush(); }

private:
    std::unique_ptr<traces::Sink> sink_;
    std::unique_ptr<traces::JsonWriter> writer_;
};

}  // namespace emu
