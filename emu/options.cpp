#include "emu/options.hpp"

#include "emu/options/declare.hpp"
#include "emu/tools/trace_or_program.hpp"

#include <algorithm>

namespace emu {

namespace {

using Operands = Command::Operands;

// CLI11's own help, with our usage lines.
class HelpFormatter : public CLI::Formatter {
public:
    explicit HelpFormatter(std::string usage) : usage_(std::move(usage)) { column_width(27); }
    std::string make_usage(const CLI::App*, std::string) const override { return "Usage: execscope " + usage_ + "\n"; }

private:
    std::string usage_;
};

template <class Visit>
void forEachCommand(Visit visit) {
    for (const Command& command : programCommands()) visit(command);
    for (const Command& command : traceCommands()) visit(command);
}

bool isCommand(const std::string& word) {
    bool known = false;
    forEachCommand([&](const Command& command) { known = known || word == command.name; });
    return known;
}

bool runsProgram(const Command& command) {
    return command.operands == Operands::program || command.operands == Operands::program_or_trace;
}

void addCommand(CLI::App& app, Options& options, const Command& command, bool declared) {
    CLI::App* sub = app.add_subcommand(command.name, command.what);
    sub->formatter(std::make_shared<HelpFormatter>(std::string(command.name) + " " + command.usage));
    sub->footer(command.examples);
    sub->callback([&options, &command] { options.command = &command; });
    if (declared) command.declare(*sub, options, command);
    if (!runsProgram(command)) sub->allow_extras();
}

// The options of a command only where its name is among the arguments: making them all takes longer than a small program runs.
void define(CLI::App& app, Options& options, const std::vector<std::string>& line) {
    app.formatter(std::make_shared<HelpFormatter>("COMMAND [options] [--] PROGRAM [ARGS]"));
    app.set_version_flag("--version", "execscope " EXECSCOPE_VERSION);
    app.require_subcommand(1);
    app.failure_message([](const CLI::App*, const CLI::Error& error) {
        return std::string("execscope: ") + error.what() + "\nTry 'execscope --help'.\n";
    });
    const auto isNamed = [&](const Command& command) { return std::find(line.begin(), line.end(), command.name) != line.end(); };
    const bool known = !line.empty() && isCommand(line.front());        // the others need not be there
    forEachCommand([&](const Command& command) {
        if (!known || line.front() == command.name) addCommand(app, options, command, isNamed(command));
    });
}

void checkCommand(const std::vector<std::string>& line) {
    const auto word = std::find_if(line.begin(), line.end(), [](const std::string& argument) { return !argument.starts_with("-"); });
    if (word != line.end() && !isCommand(*word)) throw CLI::ValidationError(*word, "is no command");
}

void checkNoOption(const std::string& word, const char* advice) {
    if (word.size() > 1 && word[0] == '-') throw CLI::ValidationError(word, std::string("is no option of this command") + advice);
}

void checkTraces(const Command& command, const std::vector<std::string>& words) {
    for (const std::string& word : words) checkNoOption(word, "");
    const std::size_t wanted = command.operands == Operands::two_traces ? 2 : command.operands == Operands::trace ? 1 : 0;
    if (words.size() < wanted) throw CLI::ValidationError(wanted == 2 && words.size() == 1 ? "the second TRACE" : "TRACE", "is missing");
    if (words.size() > wanted) throw CLI::ValidationError(words[wanted], "is one argument too many");
}

// `words` are what remains after the options; for a program `behind`, which is then taken (left empty), when there is nothing.
void takeOperands(Options& options, std::vector<std::string> words, std::vector<std::string>& behind) {
    const Command& command = *options.command;
    const bool dashes = words.empty();
    if (dashes) words.swap(behind);
    if (!runsProgram(command)) {
        checkTraces(command, words);
        options.traces = std::move(words);
        return;
    }
    if (words.empty() && !options.trace.replay.empty()) return;
    if (words.empty()) throw CLI::ValidationError("PROGRAM", "is missing");
    if (!dashes) checkNoOption(words.front(), " (put -- before a program of that name)");
    if (command.operands == Operands::program_or_trace && words.size() == 1 && isTrace(words[0])) options.traces = words;
    options.world.program = std::move(words);
}

Parsed parse(std::vector<std::string> line, std::vector<std::string>& program) {
    Options options;
    CLI::App app{"Runs x86-64 Linux programs on an interpreted CPU over a model of the Linux\n"
                 "kernel, and accounts for every step of fork and exec.", "execscope"};
    app.footer("Run 'execscope COMMAND --help' for the options and examples of a command.");
    define(app, options, line);
    try {
        checkCommand(line);
        std::reverse(line.begin(), line.end());     // as CLI11 takes it
        app.parse(line);
        for (const CLI::Option* option : app.get_subcommands().front()->get_options())
            if (option->count()) options.given.insert(option->get_name());
        takeOperands(options, app.get_subcommands().front()->remaining(true), program);
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return {std::nullopt, status == 0 ? 0 : OWN_FAILURE};
    }
    if (options.world.profile.empty()) options.world.profile = options.command->profile;
    return {options, 0};
}

}  // namespace

Parsed parseCommandLine(int argc, char** argv) {
    const std::vector<std::string> line(argv + 1, argv + argc);
    const auto dashes = std::find(line.begin(), line.end(), "--");
    // "--" ends the options only when PROGRAM has not come before it: sh -c 'echo $1' -- x keeps its own.
    std::vector<std::string> none;
    if (dashes == line.end()) return parse(line, none);
    std::vector<std::string> behind(dashes + 1, line.end());
    Parsed before = parse({line.begin(), dashes}, behind);
    return !before.options || behind.empty() ? before : parse(line, none);
}

int runCommandLine(const Options& options) { return options.command->run(options); }

}  // namespace emu
