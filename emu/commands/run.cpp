#include "emu/commands.hpp"
#include "emu/report.hpp"
#include "emu/run_report/run_report.hpp"
#include "traces/sanitizer.hpp"

#include <cstdio>
#include <cstdlib>
#include <new>

namespace emu {

namespace {

// The host takes a process's memory back at once; giving it back block by block is a good part of what a small program costs.
// Builds with sanitizers do it all the same, to find what was forgotten.
void leave(int status) {
    if (EXECSCOPE_ASAN) return;
    std::fflush(nullptr);
    std::_Exit(status);
}

int runGuest(const Options& options, RunReport* report) {
    GuestMachine machine(options.world, GuestOutput::standardOutput);
    if (report) machine.leaveBehind(report->descriptor(), report->lastReport());
    const Outcome outcome = machine.run();
    reportEnd(outcome);
    if (options.stats) reportStats(outcome);
    if (report) report->finish(outcome);
    leave(outcome.status);
    return outcome.status;
}

}  // namespace

int runCommand(const Options& options) {
    if (options.report.empty()) return runGuest(options, nullptr);
    RunReport report(options);
    try {
        return runGuest(options, &report);
    } catch (const std::bad_alloc&) {
        report.fail("the host has too little memory for this machine");
        throw;
    } catch (const std::exception& error) {
        report.fail(error.what());
        throw;
    }
}

}  // namespace emu
