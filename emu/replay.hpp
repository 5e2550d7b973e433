// trace --replay: what came from outside comes from a trace, and the run is compared with it.
#pragma once

#include "emu/determinism.hpp"
#include "emu/input_replay.hpp"
#include "traces/sink.hpp"

#include <memory>
#include <string>

namespace emu {

// Compares the header of a run with that of the trace that it replays. Throws std::runtime_error that names what differs; true: they
// are the same to the byte, so the traces must be.
bool sameWorld(const traces::Event& recorded, const traces::Event& now);

// One replayed run.
class Replay {
public:
    enum class Compare : u8 { lines, nothing };                 // of a compact trace there are none while it is written
    Replay(const std::string& path, Compare compare, InputReplay::Without without = InputReplay::Without::isError)
        : path_(path), input_(path, without), recorded_(path), compare_(compare) {}
    InputReplay& input() { return input_; }
    traces::Sink* recorded() { return compare_ == Compare::lines ? &recorded_ : nullptr; }     // to which the run's trace is written, too
    void begins(const traces::Event& header) { same_ = sameWorld(input_.header(), header) && compare_ == Compare::lines; }
    std::string ended();                                        // how the run differs from the recorded one; empty: it does not

private:
    std::string path_;
    InputReplay input_;
    ComparingSink recorded_;
    Compare compare_;
    bool same_ = false;                                         // it records the same
};

// Writes to two sinks; the second one never fails.
class TeeSink final : public traces::Sink {
public:
    TeeSink(std::unique_ptr<traces::Sink> first, traces::Sink& second) : first_(std::move(first)), second_(second) {}
    Result write(std::string_view bytes) override;
    Result finish() override { return first_->finish(); }
    bool wantsFrame(std::size_t pending) const override { return first_->wantsFrame(pending); }
    void beginFrame() override { first_->beginFrame(); }
    void truncate(u64 size) override { first_->truncate(size); }
    std::string name() const override { return first_->name(); }

private:
    std::unique_ptr<traces::Sink> first_;
    traces::Sink& second_;
};

}  // namespace emu
