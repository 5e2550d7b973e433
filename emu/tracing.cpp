#include "emu/tracing.hpp"

#include "kernel_model/include/machine.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace emu {

namespace {

using traces::Attr;
using traces::Kind;
using traces::Value;

constexpr std::array<const char*, 16> REGISTER_NAMES = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

Value texts(const std::vector<std::string>& strings) {
    std::vector<Value> items;
    for (const std::string& s : strings) items.push_back(Value::text(s));
    return Value::list(std::move(items));
}

// Register by register what an instruction changed; rip only when it is not simply the next one.
Value changedRegisters(const cpu::InstructionRecord& record) {
    const cpu::Registers &a = *record.before, &b = *record.after;
    Value out = Value::object();
    for (std::size_t i = 0; i < REGISTER_NAMES.size(); ++i)
        if (a.gpr[i] != b.gpr[i]) out.with(REGISTER_NAMES[i], Value::hex(b.gpr[i]));
    if (b.rip != record.address + record.bytes.size()) out.with("rip", Value::hex(b.rip));
    if (a.rflags != b.rflags) out.with("rflags", Value::hex(b.rflags));
    if (a.fs_base != b.fs_base) out.with("fs_base", Value::hex(b.fs_base));
    if (a.gs_base != b.gs_base) out.with("gs_base", Value::hex(b.gs_base));
    if (a.mxcsr != b.mxcsr) out.with("mxcsr", Value::hex(b.mxcsr));
    if (a.pkru != b.pkru) out.with("pkru", Value::hex(b.pkru));
    static const std::array<std::string, 16> vector_names = [] {
        std::array<std::string, 16> names;
        for (std::size_t i = 0; i < names.size(); ++i) names[i] = "ymm" + std::to_string(i);
        return names;
    }();
    for (std::size_t i = 0; i < vector_names.size(); ++i) {
        if (!std::memcmp(&a.ymm[i], &b.ymm[i], sizeof a.ymm[i])) continue;
        std::vector<Value> lanes;
        for (const u64 lane : b.ymm[i].lane) lanes.push_back(Value::hex(lane));
        out.with(vector_names[i], Value::list(std::move(lanes)));
    }
    return out;
}

}  // namespace

void InstructionTracer::instruction(const cpu::InstructionRecord& record) {
    std::vector<Attr> attrs = {{"address", Value::hex(record.address)},
                               {"bytes", Value::bytes(record.bytes.data(), record.bytes.size())},
                               {"text", Value::text(cpu::Cpu::disassemble(record.bytes, record.address))},
                               {"regs", changedRegisters(record)}};
    if (!record.writes.empty()) {
        std::vector<Value> writes;
        for (const auto& write : record.writes) {
            Value one = Value::object();
            one.with("address", Value::hex(write.address)).with("bytes", Value::bytes(write.after, write.size));
            writes.push_back(std::move(one));
        }
        attrs.push_back({"memory", Value::list(std::move(writes))});
    }
    traces::tracer().emit(Kind::insn, std::move(attrs));
}

TraceSession::TraceSession(GuestMachine& machine, const WorldOptions& options, u64 mask) {
    traces::Tracer& tracer = traces::tracer();
    tracer.setMask(mask);
    tracer.setClock(kernel::machine().cpu->instructionCounter());
    if (tracer.on(Kind::insn)) kernel::machine().cpu->observeInstructions(&instructions_);
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
                               {"categories", Value::text(traces::describeMask(mask))}};
    if (!options.inject.empty()) header.push_back({"options", Value::object().with("inject", texts(options.inject))});
    tracer.emit(Kind::header, std::move(header));
}

TraceSession::~TraceSession() {
    if (kernel::machine().cpu) kernel::machine().cpu->observeInstructions(nullptr);
    traces::tracer().setMask(0);
}

void TraceSession::finish(const Outcome& outcome) {
    traces::Tracer& tracer = traces::tracer();
    tracer.setTask(0);
    Value counts = Value::object();
    for (const traces::KindInfo& kind : traces::vocabulary())
        if (const u64 n = tracer.emitted(kind.kind)) counts.with(kind.name, Value::count(static_cast<i64>(n)));
    tracer.emit(Kind::footer, {{"events", std::move(counts)},
                               {"exit_status", Value::count(outcome.status)},
                               {"instructions", Value::count(static_cast<i64>(outcome.instructions))}});
}

std::unique_ptr<traces::FdSink> openSink(const std::string& path, const std::string& what) {
    using Ownership = traces::FdSink::Ownership;
    if (path == "-") return std::make_unique<traces::FdSink>(STDOUT_FILENO, "standard output", Ownership::borrowed);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) throw std::runtime_error("cannot write " + what + ": " + std::strerror(errno));
    return std::make_unique<traces::FdSink>(fd, path, Ownership::owned);
}

TraceFile::TraceFile(const std::string& path) : sink_(openSink(path, "the trace " + path)) {
    writer_ = std::make_unique<traces::JsonWriter>(*sink_, [](const std::string& message) { say(message); });
    traces::tracer().addObserver(writer_.get());
}

TraceFile::~TraceFile() { traces::tracer().removeObserver(writer_.get()); }

}  // namespace emu
