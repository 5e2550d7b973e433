#include "emu/commands.hpp"
#include "emu/report.hpp"

namespace emu {

namespace {

// hello.jsonl for /usr/bin/hello
std::string defaultName(const std::string& program) {
    const std::string name = program.substr(program.rfind('/') + 1);
    return (name.empty() ? "trace" : name) + ".jsonl";
}

}  // namespace

int traceCommand(const Options& options) {
    const std::string path = options.trace.output.empty() ? defaultName(options.world.program.front()) : options.trace.output;
    const u64 mask = maskFrom(options.trace.categories, "all,!insn");
    GuestMachine machine(options.world, path == "-" ? GuestOutput::standardError : GuestOutput::standardOutput);
    TraceFile file(path);
    TraceSession session(machine, options.world, mask);
    const Outcome outcome = machine.run();
    session.finish(outcome);
    file.flush();
    reportEnd(outcome);
    if (file.failed()) return OWN_FAILURE;
    if (options.trace.output.empty()) inform("wrote " + path + " (" + std::to_string(traces::tracer().emitted()) + " events)");
    return outcome.status;
}

}  // namespace emu
