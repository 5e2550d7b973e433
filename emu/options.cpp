#include "emu/options.hpp"

#include "cpu/features.hpp"
#include "traces/vocabulary.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace emu {

namespace {

constexpr const char* RUN_EXAMPLES =
    "Examples:\n"
    "  execscope run ./hello\n"
    "  execscope run --root /srv/root -- /bin/sh -c 'ls / | wc -l'\n"
    "  execscope run --inject mm_alloc:error=ENOMEM:when=2 -- ./hello\n"
    "  execscope run --bind /etc/hosts --bind ~/out:/out:rw -- ./prog /etc/hosts";
constexpr const char* TRACE_EXAMPLES =
    "Examples:\n"
    "  execscope trace -o hello.jsonl ./hello\n"
    "  execscope trace -e trace=check -o - ./hello | jq -r .rule";
constexpr const char* TREE_EXAMPLES =
    "Examples:\n"
    "  execscope tree ./hello\n"
    "  execscope tree --depth 4 hello.jsonl";
constexpr const char* ELF_EXAMPLES =
    "Examples:\n"
    "  execscope elf ./hello\n"
    "  execscope elf --all /bin/ls\n"
    "  execscope elf --profile v3.10 --root /srv/root /bin/broken\n"
    "Exit status: 0 execve would succeed, 1 it would fail, 125 FILE cannot be read.";
constexpr const char* SURVEY_EXAMPLES =
    "Examples:\n"
    "  execscope survey ./prog\n"
    "  execscope survey --strict --root / -- python3 -c 'print(1)'\n"
    "  execscope survey --json -o uses.json -- ./prog\n"
    "Exit status: 0 nothing is missing, 1 something is, 124 --timeout, 125 no start.";
constexpr const char* DEMO_EXAMPLES = "Example:\n  execscope demo -o hello.jsonl";

// Six to a line, so that the help stays within 80 columns.
std::string categoryNames() {
    std::string names;
    int count = 0;
    for (const traces::CategoryInfo& category : traces::categories())
        names += std::string(count++ % 6 ? "" : "\n") + std::string(category.name) + ",";
    return names + "all";
}

// HOST[:GUEST][:rw]
Bind parseBind(const std::string& text) {
    Bind bind;
    std::string rest = text;
    if (rest.size() > 3 && rest.ends_with(":rw")) {
        bind.writable = true;
        rest.resize(rest.size() - 3);
    }
    const auto colon = rest.find(':');
    bind.host = rest.substr(0, colon);
    bind.guest = colon == std::string::npos ? "" : rest.substr(colon + 1);
    if (bind.host.empty() || (!bind.guest.empty() && bind.guest[0] != '/'))
        throw CLI::ValidationError("--bind", "'" + text + "' is not HOST[:GUEST][:rw] with an absolute GUEST");
    return bind;
}

// The name as traces have it; what is wrong with it, or empty.
std::string canonicalModel(std::string& name) {
    const cpu::ParsedModel parsed = cpu::parseModel(name);
    if (!parsed.model) return parsed.error;
    name = cpu::modelName(*parsed.model);
    return "";
}

constexpr u64 MOST_ID = 0xffff'fffe;         // the next one is no user (credentials(7))

// CLI11 takes -1 for the largest number.
CLI::Validator wholeNumber(u64 least, u64 most) {
    return CLI::Validator([least, most](std::string& text) {
        const bool digits = !text.empty() && text.size() <= 20 && text.find_first_not_of("0123456789") == std::string::npos;
        errno = 0;
        const u64 value = digits ? std::strtoull(text.c_str(), nullptr, 10) : 0;
        if (digits && !errno && value >= least && value <= most) return std::string();
        return "'" + text + "' is no whole number from " + std::to_string(least) + " to " + std::to_string(most);
    }, "", "number");
}

// Seconds with a fraction, as timeout(1) takes them.
void parseTimeout(const std::string& text, WorldOptions& world) {
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    if (error != std::errc() || end != text.data() + text.size() || !(seconds >= 0.001) || seconds > 1e9)
        throw CLI::ValidationError("--timeout", "'" + text + "' is no number of seconds from 0.001 to 1000000000");
    world.timeout_text = text;
    world.timeout_ns = static_cast<u64>(seconds * 1e9);
}

// Commands that show the kernel do so with the names that books use; run, elf and survey take the kernel that programs expect.
std::string defaultProfile(Options::Command command) {
    return command == Options::Command::run || command == Options::Command::elf || command == Options::Command::survey ? "v6.1" : "v3.10";
}

void addWorld(CLI::App& app, WorldOptions& world, Options::Command command) {
    const std::string profile = defaultProfile(command);
    app.add_option("--profile", world.profile, "kernel to model (" + profile + ")")->option_text("v3.10|v6.1")->check(CLI::IsMember({"v3.10", "v6.1"}));
    app.add_option("--cpu", world.cpu, "processor: level, added features (" + world.cpu + ")")->option_text(cpu::modelSyntax())
        ->transform(CLI::Validator(canonicalModel, "", "processor"));
    app.add_option("--root", world.root, "show DIR as /; writes stay in memory")->option_text("DIR");
    app.add_option_function<std::vector<std::string>>(
           "--bind", [&world](const std::vector<std::string>& all) {
               for (const std::string& one : all) world.binds.push_back(parseBind(one));
           }, "show a file or folder of the host")
        ->option_text("HOST[:GUEST][:rw]")->allow_extra_args(false);
    app.add_option("-E,--env", world.environment, "set a variable of the guest")->option_text("VAR=VALUE")->allow_extra_args(false);
    app.add_flag("--env-host", world.environment_from_host, "pass the host's environment");
    app.add_option("--chdir", world.chdir, "working directory in the guest")->option_text("DIR");
    app.add_option("--path-as", world.path_as, "guest path of PROGRAM")->option_text("PATH");
    app.add_option("--uid", world.uid, "user of the program (0)")->option_text("N")->check(wholeNumber(0, MOST_ID));
    app.add_option("--gid", world.gid, "group of the program (0)")->option_text("N")->check(wholeNumber(0, MOST_ID));
    app.add_option("--seed", world.seed, "seed of all randomness (0)")->option_text("N")->check(wholeNumber(0, ~u64{0}));
    app.add_flag("--aslr", world.aslr, "randomise addresses, from the seed");
    app.add_option("--sched", world.sched, "order of runnable tasks (rr), from the seed")->option_text("rr|random")
        ->check(CLI::IsMember({"rr", "random"}));
    app.add_option("--inject", world.inject, "make calls of a kernel function fail, as strace\ndoes: when=FIRST[..LAST][+[STEP]], from 1")
        ->option_text("FUNCTION:error=ERRNO[:when=N]")->allow_extra_args(false);
    app.add_option("--max-instructions", world.max_instructions, "stop after N instructions")->option_text("N")->check(wholeNumber(1, ~u64{0}));
    app.add_option_function<std::string>("--timeout", [&world](const std::string& text) { parseTimeout(text, world); },
                                         "stop after SECONDS on the host's clock, status 124")->option_text("SECONDS");
    app.add_option("--disk", world.disk_mib, "bound of files in memory (half of --memory)")->option_text("MIB")->check(wholeNumber(1, u64{1} << 20));
    app.add_option("--memory", world.memory_mib, "guest memory in MiB (4096)")->option_text("MIB")
        ->check(CLI::Range(u64{16}, u64{1} << 20));
    app.add_option("--log", world.log, "diagnostics: error, warning, info, debug")->option_text("LEVEL")
        ->check(CLI::IsMember({"error", "warning", "info", "debug", "off"}));
    app.prefix_command();
}

// CLI11's own help, with our usage lines.
class HelpFormatter : public CLI::Formatter {
public:
    explicit HelpFormatter(std::string usage) : usage_(std::move(usage)) { column_width(27); }
    std::string make_usage(const CLI::App*, std::string) const override { return "Usage: execscope " + usage_ + "\n"; }

private:
    std::string usage_;
};

CLI::App* addCommand(CLI::App& app, Options& options, Options::Command command, const char* name, const char* what,
                     const char* usage, const char* examples) {
    CLI::App* sub = app.add_subcommand(name, what);
    sub->formatter(std::make_shared<HelpFormatter>(std::string(name) + " " + usage));
    sub->footer(examples);
    sub->callback([&options, command] { options.command = command; });
    return sub;
}

void addExpression(CLI::App& app, TraceOptions& trace) {
    app.add_option_function<std::string>(
           "-e", [&trace](const std::string& text) {
               if (!text.starts_with("trace=")) throw CLI::ValidationError("-e", "'" + text + "' is not trace=CATEGORIES");
               trace.categories = text.substr(6);
           }, "what to trace, separated by commas, of" + categoryNames())
        ->option_text("trace=LIST");
}

void checkProgram(const Options& options) {
    const std::vector<std::string>& program = options.world.program;
    if (!program.empty() && program.front().size() > 1 && program.front()[0] == '-')
        throw CLI::ValidationError(program.front(), "is no option of this command (put -- before a program of that name)");
}

void addTree(CLI::App& app, Options& options) {
    app.add_option("-o", options.trace.output, "write there instead of standard output")->option_text("FILE");
    app.add_option("--depth", options.tree.depth, "show only N levels")->option_text("N")->check(CLI::Range(0, 1000));
    addExpression(app, options.trace);
    addWorld(app, options.world, Options::Command::tree);
}

void addElf(CLI::App& app, Options& options) {
    app.add_flag("--all", options.elf.all, "show every symbol and every check");
    addWorld(app, options.world, Options::Command::elf);
}

void addSurvey(CLI::App& app, Options& options) {
    app.add_option("-o", options.trace.output, "write there; the program keeps standard output")->option_text("FILE");
    app.add_flag("--json", options.survey.json, "for a program to read");
    app.add_flag("--strict", options.survey.strict, "stop at the first thing that is missing");
    addWorld(app, options.world, Options::Command::survey);
}

// The options of a command only where its name is among the arguments: making them all takes longer than a small program runs.
void define(CLI::App& app, Options& options, const std::vector<std::string>& line) {
    const auto named = [&line](const CLI::App* command) { return std::find(line.begin(), line.end(), command->get_name()) != line.end(); };
    app.formatter(std::make_shared<HelpFormatter>("COMMAND [options] [--] PROGRAM [ARGS]"));
    app.set_version_flag("--version", "execscope " EXECSCOPE_VERSION);
    app.require_subcommand(1);
    app.failure_message([](const CLI::App*, const CLI::Error& error) {
        return std::string("execscope: ") + error.what() + "\nTry 'execscope --help'.\n";
    });

    CLI::App* run = addCommand(app, options, Options::Command::run, "run", "run a program; its output and status are yours",
                               "[options] [--] PROGRAM [ARGS]", RUN_EXAMPLES);
    if (named(run)) {
        addWorld(*run, options.world, Options::Command::run);
        run->add_option("--report", options.report, "write how it ended to FILE, as JSON")->option_text("FILE");
        run->add_flag("--stats", options.stats, "print counts on standard error at the end");
    }

    CLI::App* trace = addCommand(app, options, Options::Command::trace, "trace", "run a program, write every step as JSON Lines",
                                 "[options] [--] PROGRAM [ARGS]", TRACE_EXAMPLES);
    if (named(trace)) {
        trace->add_option("-o", options.trace.output, "trace file; - is stdout (NAME.jsonl)")->option_text("FILE");
        addExpression(*trace, options.trace);
        addWorld(*trace, options.world, Options::Command::trace);
    }

    CLI::App* tree = addCommand(app, options, Options::Command::tree, "tree", "show the kernel's calls as a tree",
                                "[options] [--] PROGRAM [ARGS] | TRACE.jsonl", TREE_EXAMPLES);
    if (named(tree)) addTree(*tree, options);

    CLI::App* elf = addCommand(app, options, Options::Command::elf, "elf", "show an executable, and what execve does with it",
                               "[options] [--] FILE [ARGS]", ELF_EXAMPLES);
    if (named(elf)) addElf(*elf, options);

    CLI::App* survey = addCommand(app, options, Options::Command::survey, "survey", "list what a program uses, and what is missing", "[options] [--] PROGRAM [ARGS]", SURVEY_EXAMPLES);
    if (named(survey)) addSurvey(*survey, options);

    CLI::App* demo = addCommand(app, options, Options::Command::demo, "demo", "trace the exec of a tiny program, explain it",
                                "[-o FILE]", DEMO_EXAMPLES);
    demo->add_option("-o", options.trace.output, "trace file (hello.jsonl)")->option_text("FILE");
}

}  // namespace

namespace {

void checkCommand(const CLI::App& app, const std::vector<std::string>& line) {
    const auto word = std::find_if(line.begin(), line.end(), [](const std::string& argument) { return !argument.starts_with("-"); });
    if (word == line.end()) return;
    const auto isNamed = [&](const CLI::App* command) { return command->get_name() == *word; };
    const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
    if (std::find_if(commands.begin(), commands.end(), isNamed) == commands.end()) throw CLI::ValidationError(*word, "is no command");
}

// Parses `line`; what remains after the options is PROGRAM ARGS, else `program`, which is then taken (left empty).
Parsed parse(std::vector<std::string> line, std::vector<std::string>& program) {
    Options options;
    CLI::App app{"Runs x86-64 Linux programs on an interpreted CPU over a model of the Linux\n"
                 "kernel, and accounts for every step of fork and exec.", "execscope"};
    app.footer("Run 'execscope COMMAND --help' for the options and examples of a command.");
    define(app, options, line);
    try {
        checkCommand(app, line);
        std::reverse(line.begin(), line.end());     // as CLI11 takes it
        app.parse(line);
        options.world.program = app.get_subcommands().front()->remaining(true);
        if (options.world.program.empty()) options.world.program.swap(program);
        else checkProgram(options);
        if (options.world.program.empty() && options.command != Options::Command::demo)
            throw CLI::ValidationError("PROGRAM", "is missing");
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return {std::nullopt, status == 0 ? 0 : OWN_FAILURE};
    }
    if (options.world.profile.empty()) options.world.profile = defaultProfile(options.command);
    if (options.command == Options::Command::tree && options.world.program.size() == 1 &&
        options.world.program[0].ends_with(".jsonl"))
        options.tree.file = options.world.program[0];
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

}  // namespace emu
