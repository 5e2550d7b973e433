#include "emu/commands.hpp"
#include "emu/report.hpp"
#include "emu/terminal.hpp"
#include "emu/tools/account.hpp"
#include "emu/tools/read_trace.hpp"
#include "emu/tools/trace_or_program.hpp"
#include "emu/tracing.hpp"

#include <unistd.h>

namespace emu {

namespace {

// What the account is made of. The program's instructions are many, and their number is known without them.
constexpr const char* TOLD = "all,!insn,registers";

int accountOfProgram(const Options& options, Account& account, GuestOutput output) {
    GuestMachine machine(options.world, output);
    traces::tracer().addObserver(&account);
    Outcome outcome;
    {
        TraceSession session(machine, options.world, maskFrom("", TOLD));
        outcome = machine.run();
        session.finish(outcome);
    }
    traces::tracer().removeObserver(&account);
    outcome.message = endOfOperand(outcome, options.world);
    reportEnd(outcome);
    return outcome.status;
}

}  // namespace

int explainCommand(const Options& options) {
    const std::string path = options.trace.output.empty() ? "-" : options.trace.output;
    if (options.traces.empty()) checkApartFromProgram(path, options.world);
    else checkApart(path, options.traces[0], "the trace that is read");
    const bool toStdout = path == "-";
    Account account;
    int status = 0;
    if (options.traces.empty())
        status = accountOfProgram(options, account, toStdout ? GuestOutput::standardError : GuestOutput::standardOutput);
    else readTrace(options.traces[0], "read", Progress::Meanwhile::nothing, [&]() -> traces::Observer& { return account; });
    if (account.story().execCall.empty())
        throw std::runtime_error("nothing to explain: the trace holds no execve of the program (was it made with -e?)");
    const std::unique_ptr<traces::FdSink> sink = openSink(path, path);
    const StoryLayout layout{toStdout ? screenOf(STDOUT_FILENO) : Screen{}, *languageOf(options.explain.language),
                             options.explain.markdown};
    checkWritten("the account", writeStory(account.story(), layout, *sink));
    return status;
}

}  // namespace emu
