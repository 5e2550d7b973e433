// The options of every command that runs a program: its world.
#include "emu/options/declare.hpp"

#include "cpu/features.hpp"
#include "traces/vocabulary.hpp"

#include <cerrno>
#include <charconv>
#include <cstdlib>

namespace emu {

namespace {

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

// Seconds with a fraction, as timeout(1) takes them.
void parseTimeout(const std::string& text, WorldOptions& world) {
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    if (error != std::errc() || end != text.data() + text.size() || !(seconds >= 0.001) || seconds > 1e9)
        throw CLI::ValidationError("--timeout", "'" + text + "' is no number of seconds from 0.001 to 1000000000");
    world.timeout_text = text;
    world.timeout_ns = static_cast<u64>(seconds * 1e9);
}

}  // namespace

CLI::Validator wholeNumber(u64 least, u64 most) {
    return CLI::Validator([least, most](std::string& text) {
        const bool digits = !text.empty() && text.size() <= 20 && text.find_first_not_of("0123456789") == std::string::npos;
        errno = 0;
        const u64 value = digits ? std::strtoull(text.c_str(), nullptr, 10) : 0;
        if (digits && !errno && value >= least && value <= most) return std::string();
        return "'" + text + "' is no whole number from " + std::to_string(least) + " to " + std::to_string(most);
    }, "", "number");
}

void addWorld(CLI::App& app, WorldOptions& world, const Command& command) {
    const std::string profile = command.profile;
    app.add_option("--profile", world.profile, "kernel to model (" + profile + ")")
        ->option_text("v3.10|v6.1")
        ->check(CLI::IsMember({"v3.10", "v6.1"}));
    app.add_option("--cpu", world.cpu, "level of the processor, features (" + world.cpu + ")")->option_text(cpu::modelSyntax())
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
    app.add_option("--max-instructions", world.max_instructions, "stop after N instructions")
        ->option_text("N")
        ->check(wholeNumber(1, ~u64{0}));
    app.add_option_function<std::string>("--timeout", [&world](const std::string& text) { parseTimeout(text, world); },
                                         "stop after SECONDS on the host's clock, status 124")->option_text("SECONDS");
    app.add_option("--disk", world.disk_mib, "bound of files in memory (half of --memory)")
        ->option_text("MIB")
        ->check(wholeNumber(1, u64{1} << 20));
    app.add_option("--memory", world.memory_mib, "guest memory in MiB (4096)")->option_text("MIB")
        ->check(CLI::Range(u64{16}, u64{1} << 20));
    app.add_option("--log", world.log, "diagnostics: error, warning, info, debug")->option_text("LEVEL")
        ->check(CLI::IsMember({"error", "warning", "info", "debug", "off"}));
    app.prefix_command();
}

void addExpression(CLI::App& app, TraceOptions& trace, bool wide) {
    CLI::Option* const option = app.add_option_function<std::vector<std::string>>("-e", [&trace, wide](const std::vector<std::string>& all) {
        for (const std::string& text : all) {
            if (text == "trace=") throw CLI::ValidationError("-e", "'trace=' names nothing (all and none are names)");
            if (text.starts_with("trace=")) trace.categories = text.substr(6);
            else if (wide && text.starts_with("pid=") && text.size() > 4) trace.pids = text.substr(4);
            else throw CLI::ValidationError("-e", "'" + text + "' is not " + (wide ? "trace=LIST or pid=LIST" : "trace=CATEGORIES"));
        }
    }, (wide ? "system calls, %classes of them, kernel functions, of" : "what to trace, separated by commas, of") + categoryNames());
    option->option_text(wide ? "trace=LIST|pid=LIST" : "trace=LIST")->allow_extra_args(false);
}

}  // namespace emu
