// A trace as the steps of a story that can be compared with another one: what happened, without the names of objects and addresses.
// It begins when init forks the program. Page faults, which depend on how a program lies in memory, are only counted.
#pragma once

#include "emu/tools/trace_input.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace emu {

struct Step {
    std::string key;      // what two traces have in common when the same happened
    std::string text;     // the same with its values, for a person
    std::string name;     // for counting: "function mmput"
    std::string path;     // the calls around it, outermost first
    std::string caller{};   // the innermost of them, by the name that both versions know
    int pid = 0;
    u64 insn = 0, line = 0;
    u64 hash = 0;         // of the key
};

class StorySteps {
public:
    explicit StorySteps(const std::string& path);
    void watch(std::function<void()> watcher) { watcher_ = std::move(watcher); }     // called at every event
    const TraceInput& input() const noexcept { return input_; }
    std::optional<Step> next();      // throws as TraceInput does
    const traces::Event& header() const noexcept { return header_; }
    const traces::Event* footer() const noexcept { return footer_ ? &*footer_ : nullptr; }
    u64 faults() const noexcept { return faults_; }
    const std::string& file() const noexcept { return input_.name(); }

private:
    struct Task {
        std::vector<std::string> frames;
        std::size_t fault = 0;          // frames, when a page fault began; 0: in none
    };
    bool belongs(const traces::Event& event);
    Task& task(int pid);
    std::optional<Step> stepOf(const traces::Event& event);
    std::optional<Step> called(const traces::Event& event, bool syscall);
    std::optional<Step> returned(const traces::Event& event, bool syscall);
    std::string pathOf(int pid) const;

    TraceInput input_;
    std::function<void()> watcher_;
    traces::Event header_{};
    std::optional<traces::Event> footer_;
    std::map<int, Task> tasks_;
    bool begun_ = false;
    u64 faults_ = 0;
};

}  // namespace emu
