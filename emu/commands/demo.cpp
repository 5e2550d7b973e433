#include "emu/commands.hpp"
#include "emu/guests/guests.hpp"
#include "emu/report.hpp"
#include "emu/terminal.hpp"
#include "emu/tools/account.hpp"

#include <unistd.h>

namespace emu {

// Traces the embedded hello with everything on, then tells the story of its exec.
int demoCommand(const Options& given) {
    Options options = given;
    options.world.program = {"/hello"};
    const std::string path = options.trace.output.empty() ? "hello.jsonl" : options.trace.output;
    GuestMachine machine(options.world, GuestOutput::standardError, guests::hello());
    Account account;
    Outcome outcome;
    {
        TraceFile file(path);
        traces::tracer().addObserver(&file.writer());
        traces::tracer().addObserver(&account);
        TraceSession session(machine, options.world, traces::everything(), Checkpoints::seldom);
        outcome = machine.run();
        session.finish(outcome);
        traces::tracer().removeObserver(&account);
        traces::tracer().removeObserver(&file.writer());
        file.finish();
        if (file.failed()) return OWN_FAILURE;
    }
    if (path != "-") {
        traces::FdSink out(STDOUT_FILENO, "standard output", traces::FdSink::Ownership::borrowed);
        checkWritten("the account", writeStory(account.story(), {screenOf(STDOUT_FILENO)}, out));
    }
    reportEnd(outcome);
    return outcome.status;
}

}  // namespace emu
