// Connects a machine to a trace: header, writer, instruction events, footer.
#pragma once

#include "emu/log.hpp"
#include "emu/machine.hpp"
#include "emu/recording/instruction_tracer.hpp"
#include "emu/recording/recording.hpp"
#include "emu/state/recorder.hpp"
#include "traces/json_writer.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace emu {

class TraceFile;

// One traced run: the header is written at construction, the footer by finish().
class TraceSession {
public:
    // To observers that must have been added to the tracer before, to see the header.
    TraceSession(GuestMachine& machine, const WorldOptions& options, u64 mask, Checkpoints checkpoints = Checkpoints::never);
    // What is selected, into a file.
    TraceSession(GuestMachine& machine, const WorldOptions& options, const TraceSelection& selection, Checkpoints checkpoints,
                 TraceFile& file);
    ~TraceSession();
    TraceSession(const TraceSession&) = delete;
    TraceSession& operator=(const TraceSession&) = delete;
    void finish(const Outcome& outcome);
    const traces::Event& header() const { return header_; }

private:
    void begin(GuestMachine& machine, const WorldOptions& options, const TraceSelection& selection);

    InstructionTracer instructions_;
    std::optional<Recording> recording_;
    Checkpoints checkpoints_;
    std::optional<StateRecorder> state_;
    traces::Event header_{traces::Kind::header, 0, 0, 0, {}};
};

// Where `path` says: "-" is standard output. Throws std::runtime_error ("cannot write WHAT") when it cannot be created.
std::unique_ptr<traces::FdSink> openSink(const std::string& path, const std::string& what);

// Throws std::runtime_error when both are the same file, which writing would destroy: "OUTPUT is WHAT: ...". An input "-" is standard
// input.
void checkApart(const std::string& output, const std::string& input, const std::string& what);
void checkApartFromProgram(const std::string& output, const WorldOptions& options);

bool isCompact(const std::string& path);        // by its name: .trace, .trace.zst

// A trace file being written, compressed when its name ends in .zst, compact before that as it says. Throws std::runtime_error when it
// cannot be created; "-" is standard output.
class TraceFile {
public:
    explicit TraceFile(const std::string& path, traces::Sink* also = nullptr);      // `also` gets the same bytes, uncompressed
    explicit TraceFile(traces::Sink& sink);         // which must outlive it
    traces::JsonWriter& writer() { return *writer_; }
    bool failed() const { return writer_->failed(); }
    u64 bytes() const { return writer_->bytes(); }
    void finish() { writer_->finish(); }

private:
    std::unique_ptr<traces::Sink> sink_;
    std::unique_ptr<traces::JsonWriter> writer_;
};

}  // namespace emu
