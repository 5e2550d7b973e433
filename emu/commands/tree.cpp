#include "emu/commands.hpp"
#include "emu/report.hpp"
#include "emu/terminal.hpp"
#include "emu/tools/tree.hpp"
#include "traces/reader.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace emu {

namespace {

constexpr const char* SHOWN = "kernel,syscall,fault,sched,task,signal";

int treeOfFile(const std::string& path, TreeRenderer& renderer, u64 mask) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path + ": " + std::strerror(errno));
    traces::Reader reader(in);
    u64 events = 0;
    for (; const std::optional<traces::Event> event = reader.next(); ++events)
        if (mask & traces::bit(event->kind)) renderer.event(*event);
    renderer.finish();
    checkWritten("the tree", renderer.error());
    if (!reader.error() && !events) throw std::runtime_error(path + " holds no events");
    if (!reader.error()) return 0;
    throw std::runtime_error(path + ", line " + std::to_string(reader.error()->line) + ": " + reader.error()->message);
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
    reportEnd(outcome);
    checkWritten("the tree", renderer.error());
    return outcome.status;
}

}  // namespace

int treeCommand(const Options& options) {
    const u64 mask = maskFrom(options.trace.categories, SHOWN);
    const std::string path = options.trace.output.empty() ? "-" : options.trace.output;
    const bool to_stdout = path == "-";
    const std::unique_ptr<traces::FdSink> sink = openSink(path, path);
    TreeLayout layout;
    layout.screen = to_stdout ? screenOf(STDOUT_FILENO) : Screen{};
    layout.depth = options.tree.depth;
    layout.details = (mask & traces::bit(traces::Kind::set)) != 0;
    TreeRenderer renderer(*sink, layout);
    if (!options.tree.file.empty()) return treeOfFile(options.tree.file, renderer, mask);
    return treeOfProgram(options, renderer, mask, to_stdout ? GuestOutput::standardError : GuestOutput::standardOutput);
}

}  // namespace emu
