// The commands that run a program.
#include "emu/options/declare.hpp"

#include "emu/commands.hpp"

namespace emu {

namespace {

using Operands = Command::Operands;

constexpr const char* RUN_EXAMPLES =
    "Examples:\n"
    "  execscope run ./hello\n"
    "  execscope run --root /srv/root -- /bin/sh -c 'ls / | wc -l'\n"
    "  execscope run --inject mm_alloc:error=ENOMEM:when=2 -- ./hello\n"
    "  execscope run --bind /etc/hosts --bind ~/out:/out:rw -- ./prog /etc/hosts";
constexpr const char* TRACE_EXAMPLES =
    "Examples:\n"
    "  execscope trace -e trace=%memory,do_exit -e pid=3 -o - ./hello | jq .name\n"
    "  execscope trace --replay typed.jsonl -e trace=all -o full.trace.zst";
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
constexpr const char* EXPLAIN_EXAMPLES =
    "Examples:\n"
    "  execscope explain ./hello\n"
    "  execscope explain --lang zh hello.jsonl\n"
    "  execscope explain --markdown -o hello.md --profile v6.1 -- ./hello";
constexpr const char* DEMO_EXAMPLES = "Example:\n  execscope demo -o hello.jsonl";

// Commands that show the kernel do so with the names that books use; run, elf and survey take the kernel that programs expect.
constexpr const char* BOOKS = "v3.10";
constexpr const char* TODAY = "v6.1";

CLI::Validator notEmpty() {
    return {[](const std::string& text) { return text.empty() ? std::string("is empty") : std::string(); }, ""};
}

void declareRun(CLI::App& app, Options& options, const Command& command) {
    addWorld(app, options.world, command);
    app.add_option("--report", options.report, "write how it ended to FILE, as JSON")->option_text("FILE");
    app.add_flag("--stats", options.stats, "print counts on standard error at the end");
}

void declareTrace(CLI::App& app, Options& options, const Command& command) {
    app.add_option("-o", options.trace.output, "trace file (NAME.jsonl); - is stdout, .zst compresses")->option_text("FILE");
    app.add_flag("--checkpoints", options.trace.checkpoints_always, "hash the whole state at every entry to user mode");
    app.add_flag("--verify-determinism", options.trace.verify_determinism, "run it twice: both traces must be the same");
    app.add_option("--replay", options.trace.replay, "run what TRACE ran, with the input that it had")->option_text("TRACE");
    addExpression(app, options.trace, true);
    app.add_option("--steps", options.trace.steps, "record at most N instructions (20000 unless -e)")->option_text("N")
        ->check(wholeNumber(1, ~u64{0}));
    app.add_option("--window", options.trace.window, "M instructions from a function, 0xADDRESS or number")
        ->option_text("BREAK[:M]")
        ->check(notEmpty());
    app.add_option("--full-from", options.trace.full_from, "record all from BREAK on; before it, what -e says")
        ->option_text("BREAK")
        ->check(notEmpty());
    addWorld(app, options.world, command);
}

void declareTree(CLI::App& app, Options& options, const Command& command) {
    app.add_option("-o", options.trace.output, "write there instead of standard output")->option_text("FILE");
    app.add_option("--depth", options.tree.depth, "show only N levels")->option_text("N")->check(CLI::Range(0, 1000));
    addExpression(app, options.trace, false);
    addWorld(app, options.world, command);
}

void declareElf(CLI::App& app, Options& options, const Command& command) {
    app.add_flag("--all", options.elf.all, "show every symbol and every check");
    addWorld(app, options.world, command);
}

void declareSurvey(CLI::App& app, Options& options, const Command& command) {
    app.add_option("-o", options.trace.output, "write there; the program keeps standard output")->option_text("FILE");
    app.add_flag("--json", options.survey.json, "for a program to read");
    app.add_flag("--strict", options.survey.strict, "stop at the first thing that is missing");
    addWorld(app, options.world, command);
}

void declareExplain(CLI::App& app, Options& options, const Command& command) {
    app.add_option("-o", options.trace.output, "write there instead of standard output")->option_text("FILE");
    app.add_flag("--markdown", options.explain.markdown, "for a document");
    app.add_option("--lang", options.explain.language, "language of the sentences (en)")->option_text("en|zh")
        ->check(CLI::IsMember({"en", "zh"}));
    addWorld(app, options.world, command);
}

void declareDemo(CLI::App& app, Options& options, const Command&) {
    app.add_option("-o", options.trace.output, "trace file (hello.jsonl)")->option_text("FILE");
}

constexpr const char* PROGRAM = "[options] [--] PROGRAM [ARGS]";

constexpr Command COMMANDS[] = {
    {"run", "run a program; its output and status are yours", PROGRAM, RUN_EXAMPLES, TODAY, Operands::program, declareRun, runCommand},
    {"trace", "run a program, write every step as JSON Lines", PROGRAM, TRACE_EXAMPLES, BOOKS, Operands::program, declareTrace,
     traceCommand},
    {"tree", "show the kernel's calls as a tree", "[options] [--] PROGRAM [ARGS] | TRACE", TREE_EXAMPLES, BOOKS, Operands::program_or_trace,
     declareTree, treeCommand},
    {"explain", "tell what fork and exec did to a program", "[options] [--] PROGRAM [ARGS] | TRACE", EXPLAIN_EXAMPLES, BOOKS,
     Operands::program_or_trace, declareExplain, explainCommand},
    {"elf", "show an executable, and what execve does with it", "[options] [--] FILE [ARGS]", ELF_EXAMPLES, TODAY, Operands::program,
     declareElf, elfCommand},
    {"survey", "list what a program uses, and what is missing", PROGRAM, SURVEY_EXAMPLES, TODAY, Operands::program, declareSurvey,
     surveyCommand},
    {"demo", "trace the exec of a tiny program, explain it", "[-o FILE]", DEMO_EXAMPLES, BOOKS, Operands::none, declareDemo, demoCommand},
};

}  // namespace

std::span<const Command> programCommands() { return COMMANDS; }

}  // namespace emu
