#include "emu/commands.hpp"
#include "emu/report.hpp"

namespace emu {

int runCommand(const Options& options) {
    GuestMachine machine(options.world, GuestOutput::standardOutput);
    const Outcome outcome = machine.run();
    reportEnd(outcome);
    if (options.stats) reportStats(outcome);
    return outcome.status;
}

}  // namespace emu
