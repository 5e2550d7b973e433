#include "emu/options.hpp"
#include "emu/tracing.hpp"

#include <csignal>
#include <exception>
#include <new>

int main(int argc, char** argv) {
    const emu::Parsed parsed = emu::parseCommandLine(argc, argv);
    if (!parsed.options) return parsed.status;
    std::signal(SIGPIPE, SIG_IGN);      // a closed pipe is the guest's business, and the trace writer's
    try {
        emu::setLogLevel(parsed.options->world.log);
        return emu::runCommandLine(*parsed.options);
    } catch (const std::bad_alloc&) {
        emu::say("the host has too little memory for this machine; try a smaller --memory");
    } catch (const std::exception& error) {
        emu::say(error.what());
    }
    return emu::OWN_FAILURE;
}
