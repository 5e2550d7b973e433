// How a command is declared: once, as a row. Help, parsing and main derive from it.
#pragma once

#include "emu/options.hpp"

#include <CLI/CLI.hpp>
#include <span>

namespace emu {

struct Command {
    enum class Operands : u8 {
        none,
        program,            // PROGRAM [ARGS]
        program_or_trace,   // the same, or one trace file, which its first line shows
        trace,
        two_traces,
    };
    const char* name;
    const char* what;       // one line of the general help
    const char* usage;      // behind the name
    const char* examples;
    const char* profile;    // the kernel unless --profile is given
    Operands operands;
    void (*declare)(CLI::App& app, Options& options, const Command& command);   // its options
    int (*run)(const Options& options);                                         // the exit status
};

std::span<const Command> programCommands();
std::span<const Command> traceCommands();

void addWorld(CLI::App& app, WorldOptions& world, const Command& command);
void addExpression(CLI::App& app, TraceOptions& trace, bool wide);     // wide: also what is no category
CLI::Validator wholeNumber(u64 least, u64 most);   // CLI11 takes -1 for the largest number

}  // namespace emu
