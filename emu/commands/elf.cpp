#include "emu/commands.hpp"
#include "emu/elf/elf_text.hpp"
#include "emu/elf/exec_verdict.hpp"
#include "emu/exec_failure.hpp"
#include "emu/report.hpp"
#include "emu/terminal.hpp"

#include "kernel_model/include/file_view.hpp"
#include "kernel_model/include/machine.hpp"

#include <algorithm>
#include <initializer_list>
#include <stdexcept>
#include <unistd.h>

namespace emu {

namespace {

constexpr int REFUSED = 1;      // exit status: execve would fail

// What the file is, before anybody executes it. Those without bytes of their own, such as directories, have nothing to show.
std::string describeFile(const kernel::FileView& file, Symbols symbols, const Screen& screen) {
    if (!S_ISREG(file.mode())) return "It is not a regular file.\n";
    const ReadAt read = [&file](u64 offset, u64 size) { return file.read(offset, size); };
    const std::vector<u8> begin = read(0, 64);
    if (isElf(begin)) return describeElf(readElf(read), symbols, screen);
    if (begin.empty()) return "The file is empty.\n";
    const std::string start(begin.begin(), std::find(begin.begin(), begin.end(), '\n'));
    const bool dos = start.starts_with("#!") && start.ends_with('\r');
    return "It is not an ELF file. It begins with " + show(traces::Value::text(start)) + ".\n" +
           (dos ? "Mind that " + std::string(DOS_LINE_END) + ".\n" : "");
}

// The machine stops where the program would execute its first instruction.
class StopAtStart final : public traces::Observer {
public:
    void event(const traces::Event& event) override {
        if (event.kind != traces::Kind::sys_exit || event.pid != MAIN_PID || showText(event, "name") != "execve") return;
        if (count(event, "result") == 0) kernel::machine().boot.max_instructions = kernel::processor().instructions();
    }
};

// Observers of a run, as long as this lives.
class Listening {
public:
    Listening(std::initializer_list<traces::Observer*> observers, u64 kinds) : observers_(observers) {
        for (traces::Observer* one : observers_) traces::tracer().addObserver(one);
        traces::tracer().setMask(kinds);
    }
    ~Listening() {
        traces::tracer().setMask(0);
        for (traces::Observer* one : observers_) traces::tracer().removeObserver(one);
    }
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

private:
    std::vector<traces::Observer*> observers_;
};

struct Attempt {
    ExecVerdict verdict;
    Outcome outcome;
};

Attempt tryExec(GuestMachine& machine) {
    ExecObserver observer(MAIN_PID);
    StopAtStart stop;
    const Listening listening({&observer, &stop}, ExecObserver::kinds());
    Outcome outcome = machine.run();
    ExecVerdict verdict = observer.verdict();
    for (const kernel::UnsupportedRecord& record : kernel::unsupportedRecords())
        if (record.name == verdict.lacking) verdict.lacking += " (" + record.detail + ")";
    return {std::move(verdict), std::move(outcome)};
}

// With --root FILE is one of the guest's, else what `run` would take on the host, and its interpreter is the host's, too.
WorldOptions worldOf(WorldOptions world) {
    std::string& file = world.program.front();
    if (!world.root.empty()) {
        if (file.find('/') == std::string::npos) file = "./" + file;
        return world;
    }
    world.root = "/";
    if (world.chdir.empty()) world.chdir = currentDirectory();
    file = findProgram(file);
    while (file.starts_with("./")) file.erase(0, 2);
    if (!file.starts_with('/')) file = currentDirectory() + "/" + file;
    if (world.path_as.empty()) return world;
    world.binds.push_back({file, world.path_as, false});
    file = world.path_as;
    return world;
}

}  // namespace

int elfCommand(const Options& options) {
    const WorldOptions world = worldOf(options.world);
    const Screen screen = screenOf(STDOUT_FILENO);
    GuestMachine machine(world, GuestOutput::standardError);
    const Attempt attempt = tryExec(machine);
    const std::string& path = machine.program().located;
    kernel::Result<kernel::FileView> file = kernel::FileView::of(path);
    if (!file.ok()) throw std::runtime_error("cannot read " + path + ": " + describeErrno(-file.error()));
    if (!attempt.verdict.began || !attempt.verdict.result) {
        reportEnd(attempt.outcome);
        return OWN_FAILURE;
    }
    const bool all = options.elf.all;
    const std::string text = describeFile(file.value(), all ? Symbols::all : Symbols::first, screen) +
                             describeExec(attempt.verdict, path + " (Linux " + world.profile + ")", all ? Checks::every : Checks::calm, screen);
    traces::FdSink out(STDOUT_FILENO, "standard output", traces::FdSink::Ownership::borrowed);
    checkWritten("the account", out.write(text).error);
    return attempt.verdict.succeeded() ? 0 : REFUSED;
}

}  // namespace emu
