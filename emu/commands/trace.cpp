#include "emu/commands.hpp"
#include "emu/determinism.hpp"
#include "emu/interrupt.hpp"
#include "emu/replay.hpp"
#include "emu/report.hpp"
#include "emu/world_header.hpp"

#include <functional>
#include <stdexcept>
#include <sys/stat.h>

namespace emu {

namespace {

// hello.jsonl for /usr/bin/hello
std::string defaultName(const std::string& program) {
    const std::string name = program.substr(program.rfind('/') + 1);
    return (name.empty() ? "trace" : name) + ".jsonl";
}

Outcome runInterruptibly(GuestMachine& machine) {
    const StopWhenInterrupted stop;
    Outcome outcome = machine.run();
    if (!StopWhenInterrupted::signal()) return outcome;
    outcome.status = 128 + StopWhenInterrupted::signal();
    outcome.message = "interrupted; the trace ends here";
    return outcome;
}

using OpenFile = std::function<std::unique_ptr<TraceFile>(traces::Sink* also)>;

// The machine first: when it cannot be made, no file is.
int runTraced(const Options& options, GuestOutput output, const OpenFile& open) {
    std::unique_ptr<Replay> replay;
    if (!options.trace.replay.empty()) replay = std::make_unique<Replay>(options.trace.replay);
    WorldOptions world = options.world;
    if (replay) takeWorld(replay->input().header(), options.given, world);
    GuestMachine machine(world, output, {}, replay ? &replay->input() : nullptr);
    const TraceSelection selection = selectionFrom(options.trace);
    const std::unique_ptr<TraceFile> file = open(replay ? &replay->recorded() : nullptr);
    Outcome outcome;
    {
        TraceSession session(machine, world, selection, options.trace.checkpoints_always ? Checkpoints::always : Checkpoints::seldom, *file);
        if (replay) replay->begins(session.header());
        outcome = runInterruptibly(machine);
        session.finish(outcome);
    }
    file->finish();
    if (const std::string problem = replay ? replay->ended() : ""; !problem.empty()) {
        outcome.status = OWN_FAILURE;
        outcome.message = problem;
    }
    reportEnd(outcome);
    return file->failed() ? OWN_FAILURE : outcome.status;
}

int traceTo(const Options& options, const std::string& path) {
    const int status = runTraced(options, path == "-" ? GuestOutput::standardError : GuestOutput::standardOutput,
                                 [&](traces::Sink* also) { return std::make_unique<TraceFile>(path, also); });
    if (status != OWN_FAILURE && options.trace.output.empty())
        inform("wrote " + path + " (" + std::to_string(traces::tracer().emitted()) + " events)");
    return status;
}

void checkReplay(const TraceOptions& options, const std::string& path) {
    if (options.verify_determinism) throw std::runtime_error("--replay compares with TRACE already: leave --verify-determinism out");
    if (isCompact(path)) throw std::runtime_error("--replay compares lines: write " + path + " as JSON Lines");
    struct ::stat status {};
    if (options.replay == "-" || (::stat(options.replay.c_str(), &status) == 0 && S_ISFIFO(status.st_mode)))
        throw std::runtime_error("--replay reads TRACE twice, which " + (options.replay == "-" ? "standard input" : options.replay) + " does not allow: name a file");
    checkApart(path, options.replay, "what --replay reads");
}

}  // namespace

int traceCommand(const Options& options) {
    const std::string path = options.trace.output.empty() ? defaultName(options.world.program.front()) : options.trace.output;
    checkApartFromProgram(path, options.world);
    if (!options.trace.replay.empty()) checkReplay(options.trace, path);
    if (!options.trace.verify_determinism) return traceTo(options, path);
    if (path == "-") throw std::runtime_error("--verify-determinism needs a file to compare with: -o FILE");
    return runTwice(path, [&] { return traceTo(options, path); }, [&](traces::Sink& sink) {
        runTraced(options, GuestOutput::standardOutput, [&](traces::Sink*) { return std::make_unique<TraceFile>(sink); });
    });
}

}  // namespace emu
