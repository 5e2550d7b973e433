// The commands that read traces.
#include "emu/options/declare.hpp"

#include "emu/commands.hpp"
#include "emu/export/exporter.hpp"

namespace emu {

namespace {

using Operands = Command::Operands;

constexpr const char* EXPORT_EXAMPLES =
    "Examples:\n"
    "  execscope export --format perfetto -o hello.json hello.jsonl\n"
    "  execscope export --format sqlite -o hello.db hello.jsonl\n"
    "  execscope export --format strace hello.jsonl | less\n"
    "  execscope export --format lcov -o hello.info hello.jsonl";

constexpr const char* DIFF_EXAMPLES =
    "Examples:\n"
    "  execscope diff fork.jsonl vfork.jsonl\n"
    "  execscope diff static.jsonl pie.jsonl | less\n"
    "Exit status: 0 the same story with the same values, 1 not, 125 trouble.";

void declareExport(CLI::App& app, Options& options, const Command&) {
    std::string formats;
    std::vector<std::string> names;
    for (const ExportFormat* format : exportFormats()) {
        formats += "\n" + std::string(format->name) + std::string(10 - std::string_view(format->name).size(), ' ') + format->what;
        names.push_back(format->name);
    }
    app.add_option("--format", options.exporting.format, "what to write:" + formats)->option_text("FORMAT")->required()
        ->check(CLI::IsMember(names));
    app.add_option("-o", options.trace.output, "write there instead of standard output")->option_text("FILE");
    app.add_option("--pid", options.exporting.pid, "tenet: whose instructions, instead of the program's")->option_text("PID")
        ->check(wholeNumber(1, 4194304));
    app.add_option("--program", options.exporting.program, "lcov: the program's file, when it is not where it was")->option_text("FILE");
    app.add_option("--library", options.exporting.libraries, "lcov: also this library or other program, by its name")
        ->option_text("FILE")
        ->allow_extra_args(false);
}

constexpr const char* VERIFY_EXAMPLES =
    "Examples:\n"
    "  execscope trace -e trace=all -o hello.jsonl ./hello\n"
    "  execscope verify hello.jsonl\n"
    "Exit status: 0 the trace is good, 1 it is not, 2 it was cut, 125 it is no trace.";

void declareVerify(CLI::App&, Options&, const Command&) {}

void declareDiff(CLI::App& app, Options& options, const Command&) {
    app.add_option("-o", options.trace.output, "write there instead of standard output")->option_text("FILE");
}

constexpr Command COMMANDS[] = {
    {"export", "write a trace in the format of another tool", "--format FORMAT [OPTIONS] TRACE", EXPORT_EXAMPLES, "", Operands::trace,
     declareExport, exportCommand},
    {"verify", "check that a trace is true to the machine", "TRACE", VERIFY_EXAMPLES, "", Operands::trace, declareVerify, verifyCommand},
    {"diff", "show what two traces tell differently", "[-o FILE] TRACE TRACE", DIFF_EXAMPLES, "", Operands::two_traces, declareDiff,
     diffCommand},
};

}  // namespace

std::span<const Command> traceCommands() { return COMMANDS; }

}  // namespace emu
