#include "emu/commands.hpp"
#include "emu/report.hpp"

#include <cstdio>
#include <cstdlib>

namespace emu {

namespace {

// The host takes a process's memory back at once; giving it back block by block is a good part of what a small program costs.
// Builds with sanitizers do it all the same, to find what was forgotten.
void leave(int status) {
#ifndef __SANITIZE_ADDRESS__
    std::fflush(nullptr);
    std::_Exit(status);
#else
    (void)status;
#endif
}

}  // namespace

int runCommand(const Options& options) {
    GuestMachine machine(options.world, GuestOutput::standardOutput);
    const Outcome outcome = machine.run();
    reportEnd(outcome);
    if (options.stats) reportStats(outcome);
    leave(outcome.status);
    return outcome.status;
}

}  // namespace emu
