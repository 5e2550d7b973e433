// The call tree of a trace, in the manner of ftrace's function_graph. Works live and from a Reader.
#pragma once

#include "emu/tools/text.hpp"
#include "traces/event.hpp"
#include "traces/sink.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace emu {

struct TreeLayout {
    Screen screen;
    int depth = 0;          // levels of calls to show; 0: all
    bool details = false;   // also locals, fields, checks and memory areas
};

class TreeRenderer final : public traces::Observer {
public:
    // What it needs to be shown: -e trace=kernel,syscall,fault,sched,task,signal; details need object,check,vma too.
    TreeRenderer(traces::Sink& out, TreeLayout layout);
    ~TreeRenderer() override;
    void event(const traces::Event& event) override;
    void finish();   // writes what is held back
    int error() const noexcept { return error_; }   // errno of the write that failed, and ended the tree; 0

private:
    struct Frame {
        std::string name;
        u64 started = 0;   // clock
        u64 lines = 0;     // written before it
        bool syscall = false;
    };
    struct Task {
        std::string comm = "?";
        std::vector<Frame> frames;
    };
    // A call whose line is not written yet: a leaf is one line with its result.
    struct Pending {
        int pid;
        u64 clock;
        std::size_t level;
        std::string args;
        Frame frame;
    };

    void learn(const traces::Event& event);
    void open(const traces::Event& event, Frame frame, std::string args);
    void close(const traces::Event& event, bool syscall);
    bool marked(const traces::Event& event);
    void mark(const traces::Event& event, Style style, std::string_view text);
    void detail(const traces::Event& event);
    void writePending();
    void flush();
    void writeCall(const Pending& call, std::string_view tail, Style tailStyle);
    void line(int pid, u64 clock, std::size_t level, std::string_view painted);
    std::size_t room(std::size_t level) const;
    bool hidden(std::size_t level) const { return layout_.depth > 0 && level >= static_cast<std::size_t>(layout_.depth); }
    std::string label(int pid);

    traces::Sink& out_;
    TreeLayout layout_;
    std::map<int, Task> tasks_;
    std::optional<Pending> pending_;
    std::string buffer_;
    int error_ = 0;
    u64 lines_ = 0;
    int shownPid_ = -1;
    u64 shownClock_ = ~u64{0};
};

}  // namespace emu
