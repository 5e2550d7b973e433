// Folds the events of a trace over the state in which a machine starts, and compares with the hashes that the machine wrote.
#pragma once

#include "emu/verify/nesting.hpp"
#include "emu/verify/tasks.hpp"

#include <array>
#include <functional>
#include <memory>

namespace emu {

class Verifier final : public traces::Observer {
public:
    explicit Verifier(std::function<u64()> hash_before_footer) : hash_before_(std::move(hash_before_footer)) {}
    void event(const traces::Event& event) override;    // throws Problem

    bool complete() const noexcept { return ended_; }
    u64 events() const noexcept { return seq_; }
    u64 checkpoints() const noexcept { return checkpoints_; }
    u32 parts() const noexcept { return parts_; }       // of the state, which could be compared
    u64 kinds() const noexcept { return kinds_; }       // that the trace records

private:
    void begin(const traces::Event& header);
    void envelope(const traces::Event& event);
    void whoRuns(const traces::Event& event);
    void dispatch(const traces::Event& event);
    void taskEvent(const traces::Event& event);
    void memoryEvent(const traces::Event& event);
    void formatsEvent(const traces::Event& event);
    void objectEvent(const traces::Event& event);
    void checkpoint(const traces::Event& event);
    void footer(const traces::Event& event);
    void partlyTold(const traces::Event& header);
    void truncated(const traces::Event& event);
    bool told(traces::Kind kind) const { return kinds_ & traces::bit(kind); }
    bool followsRegisters() const { return told(traces::Kind::registers) && told(traces::Kind::insn); }

    std::function<u64()> hash_before_;
    u64 kinds_ = 0;
    u64 partly_ = 0;                                    // kinds of which only some events are there
    u32 parts_ = 0;
    u64 seq_ = 0, clock_ = 0, executed_ = 0, checkpoints_ = 0;
    std::optional<u64> last_hash_;
    std::array<u64, traces::kindCount> counts_{};
    i64 running_ = 0;
    i64 announced_ = 0;                                 // pid of the last task event: a fork follows its child's
    std::optional<i64> leaving_;                        // the task that was switched away from, until the next one is seen
    bool ended_ = false;
    std::vector<std::string> formats_;
    std::unique_ptr<FoldedMemory> memory_;
    std::unique_ptr<FoldedTasks> tasks_;
    std::unique_ptr<Nesting> nesting_;
    FoldedObjects objects_;
};

}  // namespace emu
