#include <nlohmann/json.hpp>          // first: Linux's `current` is a macro

#include "emu/run_report/run_report.hpp"

#include "cpu/statistics.hpp"
#include "emu/exec_failure.hpp"
#include "emu/report.hpp"
#include "emu/run_report/signal_codes.hpp"
#include "emu/tracing.hpp"
#include "kernel_model/include/counts.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/machine.hpp"
#include "traces/vocabulary.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>

namespace emu {

namespace {

using Json = nlohmann::ordered_json;

Json hex(u64 value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

Json orNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json frameJson(const BacktraceFrame& frame) {
    constexpr const char* how[] = {"registers", "eh_frame", "frame_pointer", "top_of_stack"};
    Json out = {{"address", hex(frame.address)}, {"found_by", how[static_cast<int>(frame.found_by)]}};
    out["symbol"] = orNull(frame.symbol);
    if (!frame.symbol.empty()) out["symbol_offset"] = hex(frame.symbol_offset);
    out["module"] = orNull(frame.module);
    if (!frame.module.empty()) out["module_offset"] = hex(frame.module_offset);
    return out;
}

Json registersJson(const kernel::pt_regs& r) {
    const std::pair<const char*, u64> all[] = {{"rip", r.ip}, {"rsp", r.sp}, {"rbp", r.bp}, {"rax", r.ax}, {"rbx", r.bx}, {"rcx", r.cx},
                                               {"rdx", r.dx}, {"rsi", r.si}, {"rdi", r.di}, {"r8", r.r8}, {"r9", r.r9}, {"r10", r.r10},
                                               {"r11", r.r11}, {"r12", r.r12}, {"r13", r.r13}, {"r14", r.r14}, {"r15", r.r15}, {"rflags", r.flags}};
    Json out = Json::object();
    for (const auto& [name, value] : all) out[name] = hex(value);
    return out;
}

Json taskJson(const TaskPicture& task) {
    Json out = {{"pid", task.pid}, {"tid", task.tid}, {"comm", task.comm}, {"state", task.state}};
    const char* call = task.call == ~u64{0} ? nullptr : kernel::syscallNameOfLinux(task.call);
    out["syscall"] = call ? Json(call) : Json(nullptr);
    out["registers"] = registersJson(task.registers);
    out["backtrace"] = Json::array();
    for (const BacktraceFrame& frame : task.backtrace.frames) out["backtrace"].push_back(frameJson(frame));
    out["backtrace_cut"] = task.backtrace.cut;
    return out;
}

Json signalJson(int signal, const Killed* killed, bool core_dumped) {
    Json out = {{"number", signal}, {"name", signalName(signal)}, {"core_dumped", core_dumped}};
    const bool known = killed && killed->info.si_signo == signal;
    const int code = known ? killed->info.si_code : 0;
    out["code"] = known ? Json(code) : Json(nullptr);
    out["code_name"] = known ? orNull(signalCodeName(signal, code)) : Json(nullptr);
    out["address"] = known && signalHasAddress(signal, code) ? hex(killed->info.si_addr) : Json(nullptr);
    out["sender_pid"] = known && signalHasSender(code) ? Json(killed->info.si_pid) : Json(nullptr);
    return out;
}

Json unsupportedJson() {
    Json all = Json::array();
    for (const kernel::UnsupportedRecord& r : kernel::unsupportedRecords())
        all.push_back({{"what", r.what}, {"name", r.name}, {"detail", orNull(r.detail)}, {"address", hex(r.address)}, {"count", r.count},
                       {"consequence", r.consequence}});
    return all;
}

Json countsJson(u64 instructions) {
    return {{"instructions", instructions},
            {"syscalls", kernel::kernel_counts.syscalls},
            {"page_faults", kernel::kernel_counts.page_faults},
            {"context_switches", kernel::kernel_counts.context_switches},
            {"memory_bytes", kernel::usedFrames() * kernel::PAGE_SIZE},
            {"blocks_built", cpu::statistics.blocks},
            {"instructions_decoded", cpu::statistics.decoded}};
}

// SIGILL at an instruction that execscope lacks is our end, not the program's.
bool endedByUnsupported(const Killed* killed) {
    return killed && killed->info.si_signo == SIGILL &&
           std::ranges::any_of(kernel::unsupportedRecords(), [killed](const kernel::UnsupportedRecord& r) {
               return r.what == "instruction" && r.address == killed->task.registers.ip;
           });
}

const char* reasonOf(const Outcome& outcome, const Killed* killed) {
    if (outcome.ending == Ending::signal && endedByUnsupported(killed)) return "unsupported";
    if (outcome.ending == Ending::signal && outcome.number == SIGKILL && kernel::kernel_counts.out_of_memory) return "out_of_memory";
    constexpr const char* names[] = {"exit", "signal", "limit", "timeout", "exec_failed", "not_started", "panic", "power_off"};
    return names[static_cast<int>(outcome.ending)];
}

Json limitJson(const Outcome& outcome, const WorldOptions& world) {
    if (outcome.ending == Ending::limit) return {{"option", "--max-instructions"}, {"value", std::to_string(world.max_instructions)}};
    if (outcome.ending == Ending::timeout) return {{"option", "--timeout"}, {"value", world.timeout_text}};
    return nullptr;
}

Json errnoJson(const Outcome& outcome) {
    if (outcome.ending != Ending::exec_failed && outcome.ending != Ending::not_started) return nullptr;
    return outcome.number ? Json(errnoName(outcome.number)) : Json(nullptr);
}

Json endJson(const Outcome& outcome, const WorldOptions& world, const EndWatcher* watcher) {
    const Killed* killed = watcher ? watcher->mainKilled() : nullptr;
    Json end = {{"reason", reasonOf(outcome, killed)}, {"status", outcome.status}, {"message", orNull(outcome.message)}};
    end["exit_code"] = outcome.ending == Ending::exit ? Json(outcome.number) : Json(nullptr);
    end["signal"] = outcome.ending == Ending::signal ? signalJson(outcome.number, killed, outcome.core_dumped) : Json(nullptr);
    end["limit"] = limitJson(outcome, world);
    end["errno"] = errnoJson(outcome);
    return end;
}

// The task that ended the program; where the machine was stopped, all that were there.
Json tasksJson(const Outcome& outcome, const EndWatcher& watcher) {
    constexpr std::size_t MOST_TASKS = 100;
    Json tasks = Json::array();
    const Killed* killed = watcher.mainKilled();
    if (outcome.ending == Ending::signal && killed) tasks.push_back(taskJson(killed->task));
    if (outcome.ending == Ending::exit && watcher.mainExit()) tasks.push_back(taskJson(*watcher.mainExit()));
    if (outcome.ending == Ending::limit || outcome.ending == Ending::timeout || outcome.ending == Ending::panic)
        for (const TaskPicture& task : picturesOfAll(MOST_TASKS)) tasks.push_back(taskJson(task));
    return tasks;
}

Json killedJson(const EndWatcher& watcher) {
    Json all = Json::array();
    for (const Killed& killed : watcher.all()) {
        if (killed.task.pid == MAIN_PID) continue;
        all.push_back({{"signal", signalJson(killed.info.si_signo, &killed, false)}, {"task", taskJson(killed.task)}});
        all.back()["signal"].erase("core_dumped");
    }
    return all;
}

Json headJson(const Options& options) {
    const WorldOptions& world = options.world;
    return {{"schema", "urn:execscope-report:1.0"}, {"tool", EXECSCOPE_VERSION}, {"profile", world.profile}, {"cpu", world.cpu},
            {"seed", hex(world.seed)}, {"argv", world.program}};
}

std::string textOf(const Json& report) { return report.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json withoutTasks(const Options& options, const Outcome& outcome) {
    Json report = headJson(options);
    report["end"] = endJson(outcome, options.world, nullptr);
    report["tasks"] = Json::array();
    report["killed"] = Json::array();
    report["unsupported"] = unsupportedJson();
    report["counts"] = countsJson(outcome.instructions);
    return report;
}

}  // namespace

RunReport::RunReport(const Options& options) : options_(options) {
    if (options.report == "-") throw std::runtime_error("--report -: standard output is the guest's; name a file");
    checkApartFromProgram(options.report, options.world);
    fd_ = ::open(options.report.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd_ < 0) throw std::runtime_error("cannot write the report " + options.report + ": " + std::strerror(errno));
    sink_ = std::make_unique<traces::FdSink>(fd_, options.report, traces::FdSink::Ownership::owned);
}

void RunReport::write(const std::string& text) { checkWritten("the report " + options_.report, sink_->write(text).error); }

void RunReport::finish(const Outcome& outcome) {
    Json report = withoutTasks(options_, outcome);
    report["end"] = endJson(outcome, options_.world, &watcher_);
    report["tasks"] = tasksJson(outcome, watcher_);
    report["killed"] = killedJson(watcher_);
    write(textOf(report));
}

void RunReport::fail(const std::string& message) {
    Outcome outcome{OWN_FAILURE, message};
    outcome.ending = Ending::not_started;
    write(textOf(withoutTasks(options_, outcome)));
}

std::string RunReport::lastReport() const {
    Outcome outcome{TIMED_OUT, "the host held execscope beyond its --timeout"};
    outcome.ending = Ending::timeout;
    return textOf(withoutTasks(options_, outcome));
}

}  // namespace emu
