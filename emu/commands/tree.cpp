#include "emu/commands.hpp"
#include "emu/report.hpp"
#include "emu/terminal.hpp"
#include "emu/tools/read_trace.hpp"
#include "emu/tools/trace_or_program.hpp"
#include "emu/tools/tree.hpp"

#include <algorithm>
#include <unistd.h>

namespace emu {

namespace {

constexpr const char* SHOWN = "kernel,syscall,fault,sched,task,signal";

class Chosen final : public traces::Observer {
public:
    Chosen(TreeRenderer& renderer, u64 mask) : renderer_(renderer), mask_(mask) {}
    void event(const traces::Event& event) override {
        if (mask_ & traces::bit(event.kind) && concerns(event)) renderer_.event(event);
    }

private:
    // That instructions end does not, where none are shown.
    bool concerns(const traces::Event& event) const {
        const traces::Value* kinds = event.kind == traces::Kind::truncated ? event.find("kinds") : nullptr;
        return !kinds || std::ranges::any_of(kinds->items, [this](const traces::Value& name) {
            const traces::KindInfo* kind = traces::findKind(name.string);
            return !kind || mask_ & traces::bit(kind->kind);
        });
    }

    TreeRenderer& renderer_;
    u64 mask_;
};

int treeOfFile(const std::string& path, TreeRenderer& renderer, u64 mask, Progress::Meanwhile meanwhile) {
    Chosen chosen(renderer, mask);
    try {
        readTrace(path, "drawn", meanwhile, [&]() -> traces::Observer& { return chosen; });
    } catch (...) {
        renderer.finish();
        throw;
    }
    renderer.finish();
    checkWritten("the tree", renderer.error());
    return 0;
}

int treeOfProgram(const Options& options, TreeRenderer& renderer, u64 mask, GuestOutput output) {
    GuestMachine machine(options.world, output);
    traces::tracer().addObserver(&renderer);
    Outcome outcome;
    {
        TraceSession session(machine, options.world, mask);
        outcome = machine.run();
        session.finish(outcome);
    }
    traces::tracer().removeObserver(&renderer);
    renderer.finish();
    outcome.message = endOfOperand(outcome, options.world);
    reportEnd(outcome);
    checkWritten("the tree", renderer.error());
    return outcome.status;
}

}  // namespace

int treeCommand(const Options& options) {
    const u64 mask = maskFrom(options.trace.categories, SHOWN);
    const std::string path = options.trace.output.empty() ? "-" : options.trace.output;
    if (options.traces.empty()) checkApartFromProgram(path, options.world);
    else checkApart(path, options.traces[0], "the trace that is read");
    const bool to_stdout = path == "-";
    const std::unique_ptr<traces::FdSink> sink = openSink(path, path);
    TreeLayout layout;
    layout.screen = to_stdout ? screenOf(STDOUT_FILENO) : Screen{};
    layout.depth = options.tree.depth;
    layout.details = (mask & traces::bit(traces::Kind::set)) != 0;
    TreeRenderer renderer(*sink, layout);
    if (!options.traces.empty()) return treeOfFile(options.traces[0], renderer, mask, meanwhileTo(path));
    return treeOfProgram(options, renderer, mask, to_stdout ? GuestOutput::standardError : GuestOutput::standardOutput);
}

}  // namespace emu
