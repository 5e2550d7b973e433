// Follows which calls each task is inside: the base of readers that show intervals.
#pragma once

#include "emu/tools/read_trace.hpp"

#include <map>
#include <string>
#include <vector>

namespace emu {

class CallWalker : public traces::Observer {
public:
    struct Frame {
        std::string name;
        bool syscall = false;
        u64 seq = 0, insn = 0;    // of its beginning
    };
    struct Task {
        int pid = 0, tgid = 0;
        std::string comm = "?";
        std::vector<Frame> frames;
    };

    CallWalker();
    void event(const traces::Event& event) final;   // throws TraceProblem for what no kernel does
    void finish();                                   // ends what is open

protected:
    virtual void opened(Task& task, const traces::Event& event) = 0;    // task.frames.back()
    // A frame ends, the innermost first. Without a result: its task died in it, or the trace ended.
    virtual void closed(Task& task, const Frame& frame, const traces::Event* result) = 0;
    virtual void other(Task& task, const traces::Event& event) = 0;     // what is neither; names and pids are known already
    virtual void died(Task&) {}                                          // all its frames have ended
    Task& task(int pid);
    const traces::Event& now() const noexcept { return now_; }          // seq and insn of the latest event

    static constexpr std::size_t deepest = 1000;
    static constexpr std::size_t mostTasks = 100'000;

private:
    void learn(const traces::Event& event);
    void close(Task& task, const traces::Event& event, bool syscall);
    void unwind(Task& task, std::size_t level);

    std::map<int, Task> tasks_;
    traces::Event now_{};
    int dead_ = -1;     // its last switch is under way
};

}  // namespace emu
