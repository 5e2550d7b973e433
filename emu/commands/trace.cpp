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
Outcome runTraced(const Options& options, GuestOutput output, Replay* replay, const OpenFile& open) {
    const WorldOptions& world = options.world;
    GuestMachine machine(world, output, {}, replay ? &replay->input() : nullptr);
    const TraceSelection selection = selectionFrom(options.trace);
    const std::unique_ptr<TraceFile> file = open(replay ? replay->recorded() : nullptr);
    Outcome outcome;
    {
        TraceSession session(machine, world, selection, options.trace.checkpoints_always ? Checkpoints::always : Checkpoints::seldom,
                             *file);
        if (replay) replay->begins(session.header());
        outcome = runInterruptibly(machine);
        session.finish(outcome);
    }
    file->finish();
    if (const std::string problem = replay ? replay->ended() : ""; !problem.empty()) {
        outcome.status = OWN_FAILURE;
        outcome.message = problem;
    }
    if (file->failed()) outcome.status = OWN_FAILURE;
    return outcome;
}

int traceTo(const Options& options, const std::string& path, Replay* replay) {
    const Outcome outcome = runTraced(options, path == "-" ? GuestOutput::standardError : GuestOutput::standardOutput, replay,
                                      [&](traces::Sink* also) { return std::make_unique<TraceFile>(path, also); });
    reportEnd(outcome);
    if (outcome.status != OWN_FAILURE && options.trace.output.empty())
        inform("wrote " + path + " (" + std::to_string(traces::tracer().emitted()) + " events)");
    return outcome.status;
}

std::string outputOf(const Options& options) {
    return options.trace.output.empty() ? defaultName(options.world.program.front()) : options.trace.output;
}

void checkReplay(const TraceOptions& options) {
    if (options.verify_determinism) throw std::runtime_error("--replay compares with TRACE already: leave --verify-determinism out");
    struct ::stat status {};
    if (options.replay == "-" || (::stat(options.replay.c_str(), &status) == 0 && S_ISFIFO(status.st_mode)))
        throw std::runtime_error("--replay reads TRACE twice, which " + (options.replay == "-" ? "standard input" : options.replay) +
                                 " does not allow: name a file");
}

int replayCommand(const Options& given) {
    checkReplay(given.trace);
    Replay replay(given.trace.replay, isCompact(given.trace.output) ? Replay::Compare::nothing : Replay::Compare::lines);
    Options options = given;
    takeWorld(replay.input().header(), given.given, options.world);
    const std::string path = outputOf(options);
    checkApart(path, given.trace.replay, "what --replay reads");
    checkApartFromProgram(path, options.world);
    return traceTo(options, path, &replay);
}

// The second run has the input of the first, which may have been typed, or come from a pipe.
std::string runAgain(const Options& options, const std::string& path) {
    Replay replay(path, Replay::Compare::lines, InputReplay::Without::isLive);
    const Outcome outcome =
        runTraced(options, GuestOutput::standardOutput, &replay, [](traces::Sink* also) { return std::make_unique<TraceFile>(*also); });
    return outcome.status == OWN_FAILURE ? outcome.message : "";
}

}  // namespace

int traceCommand(const Options& options) {
    if (!options.trace.replay.empty()) return replayCommand(options);
    const std::string path = outputOf(options);
    checkApartFromProgram(path, options.world);
    if (!options.trace.verify_determinism) return traceTo(options, path, nullptr);
    if (path == "-") throw std::runtime_error("--verify-determinism needs a file to compare with: -o FILE");
    return runTwice([&] { return traceTo(options, path, nullptr); }, [&] { return runAgain(options, path); });
}

}  // namespace emu
