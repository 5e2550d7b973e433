#include "emu/tracing.hpp"

#include "emu/replay.hpp"
#include "emu/state/registers.hpp"
#include "emu/world_header.hpp"
#include "kernel_model/include/machine.hpp"
#include "traces/zstd_sink.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace emu {

namespace {

using traces::Attr;
using traces::Kind;
using traces::Value;

Value texts(const std::vector<std::string>& strings) {
    std::vector<Value> items;
    for (const std::string& s : strings) items.push_back(Value::text(s));
    return Value::list(std::move(items));
}

}  // namespace

TraceSession::TraceSession(GuestMachine& machine, const WorldOptions& options, u64 mask, Checkpoints checkpoints)
    : checkpoints_(checkpoints) {
    traces::tracer().setMask(mask);
    if (traces::tracer().on(Kind::insn)) kernel::machine().cpu->observeInstructions(&instructions_);
    TraceSelection selection;
    selection.chosen = mask;
    begin(machine, options, selection);
}

TraceSession::TraceSession(GuestMachine& machine, const WorldOptions& options, const TraceSelection& selection, Checkpoints checkpoints,
                           TraceFile& file)
    : checkpoints_(checkpoints) {
    recording_.emplace(selection, instructions_, file.writer());
    instructions_.recordInto(&*recording_, &file.writer(), !selection.pids.empty());
    begin(machine, options, selection);
}

void TraceSession::begin(GuestMachine& machine, const WorldOptions& options, const TraceSelection& selection) {
    traces::Tracer& tracer = traces::tracer();
    tracer.setClock(kernel::machine().cpu->instructionCounter());
    if (checkpoints_ != Checkpoints::never || tracer.on(Kind::registers)) state_.emplace(checkpoints_, selection.whole());
    std::vector<Attr> header = {{"schema", Value::text(traces::schemaId)},
                               {"version", Value::text(traces::schemaVersion)},
                               {"tool", Value::text(EXECSCOPE_VERSION)},
                               {"profile", Value::text(options.profile)},
                               {"cpu", Value::text(options.cpu)},
                               {"seed", Value::hex(options.seed)},
                               {"program", Value::text(machine.program().guest_path)},
                               {"program_hash", Value::hex(machine.programHash())},
                               {"argv", texts(options.program)},
                               {"env", texts(machine.environment())},
                               {"categories", Value::text(traces::describeMask(selection.whole()))}};
    Value more = worldOptions(options);
    if (const std::string shown = shownDirectory(options); !shown.empty() && machine.program().embedded.empty())
        more.with("cwd", Value::text(shown));
    if (machine.screens().first() >= 0) more.with("terminal", describeScreens(machine.screens()));
    if (selection.limited()) more.with("steps", Value::count(static_cast<i64>(selection.steps)));
    if (!selection.described.empty()) more.with("only", texts(selection.described));
    if (const u64 partly = selection.partly()) more.with("partly", Value::text(traces::describeMask(partly)));
    if (!more.items.empty()) header.push_back({"options", std::move(more)});
    header.push_back({"frames", Value::count(static_cast<i64>(kernel::machine().memory->frames()))});
    header_.attrs = header;
    tracer.emit(Kind::header, std::move(header));
}

TraceSession::~TraceSession() {
    if (kernel::machine().cpu) kernel::machine().cpu->observeInstructions(nullptr);
    traces::tracer().setMask(0);
}

void TraceSession::finish(const Outcome& outcome) {
    traces::Tracer& tracer = traces::tracer();
    tracer.setTask(0);
    if (recording_ && recording_->awaited()) warn(recording_->awaited()->text + " was never reached");
    const std::optional<u64> state = checkpoints_ != Checkpoints::never ? std::optional(state_->checkpoint()) : std::nullopt;
    Value counts = Value::object();
    for (const traces::KindInfo& kind : traces::vocabulary())
        if (const u64 n = tracer.emitted(kind.kind)) counts.with(kind.name, Value::count(static_cast<i64>(n)));
    std::vector<Attr> footer{{"events", std::move(counts)},
                             {"exit_status", Value::count(outcome.status)},
                             {"instructions", Value::count(static_cast<i64>(outcome.instructions))}};
    if (state) footer.push_back({"state_hash", Value::hex(*state)});
    tracer.emit(Kind::footer, std::move(footer));
}

std::unique_ptr<traces::FdSink> openSink(const std::string& path, const std::string& what) {
    using Ownership = traces::FdSink::Ownership;
    if (path == "-") return std::make_unique<traces::FdSink>(STDOUT_FILENO, "standard output", Ownership::borrowed);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) throw std::runtime_error("cannot write " + what + ": " + std::strerror(errno));
    return std::make_unique<traces::FdSink>(fd, path, Ownership::owned);
}

void checkApart(const std::string& output, const std::string& input, const std::string& what) {
    struct ::stat a {}, b {};
    if (output == "-" || ::stat(output.c_str(), &a) != 0 || !S_ISREG(a.st_mode)) return;
    const int found = input == "-" ? ::fstat(STDIN_FILENO, &b) : ::stat(input.c_str(), &b);
    if (found == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        throw std::runtime_error(output + " is " + what + ": name another file");
}

void checkApartFromProgram(const std::string& output, const WorldOptions& options) {
    checkApart(output, hostProgram(options), "the program that runs");
}

namespace {

void report(const std::string& message) { say(message); }

// Of the registers that an instruction of a compact trace tells by number.
std::string wordNames() {
    std::string names;
    for (const std::string& name : registerNames().first(registerWords)) (names += names.empty() ? "" : " ") += name;
    return names;
}

}  // namespace

TraceFile::TraceFile(const std::string& path, traces::Sink* also) : sink_(openSink(path, "the trace " + path)) {
    const bool compact = isCompact(path);
    if (path.ends_with(".zst")) sink_ = std::make_unique<traces::ZstdSink>(std::move(sink_));
    if (also) sink_ = std::make_unique<TeeSink>(std::move(sink_), *also);
    writer_ =
        compact ? std::make_unique<traces::JsonWriter>(*sink_, report, wordNames()) : std::make_unique<traces::JsonWriter>(*sink_, report);
}

TraceFile::TraceFile(traces::Sink& sink) : writer_(std::make_unique<traces::JsonWriter>(sink, report)) {}

bool isCompact(const std::string& path) { return path.ends_with(".trace") || path.ends_with(".trace.zst"); }

}  // namespace emu
