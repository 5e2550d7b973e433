#include "emu/exec_failure.hpp"

#include "emu/elf/elf_file.hpp"
#include "emu/run_report/signal_codes.hpp"
#include "emu/tools/text.hpp"
#include "kernel_model/include/file_view.hpp"
#include "kernel_model/include/linux/uapi.hpp"

#include <algorithm>
#include <cstring>

namespace emu {

namespace {

std::string quote(const std::string& text) { return "'" + text + "'"; }

std::string textOf(const std::vector<u8>& bytes) { return {bytes.begin(), bytes.end()}; }

// PT_INTERP of an ELF file, or the word after "#!".
std::string interpreterOf(const kernel::FileView& file, const std::string& start) {
    if (start.starts_with(ELFMAG)) return readElf([&file](u64 offset, u64 size) { return file.read(offset, size); }).interpreter;
    if (!start.starts_with("#!")) return "";
    const auto from = start.find_first_not_of(" \t", 2);
    return from == std::string::npos ? "" : start.substr(from, start.find_first_of(" \t\n", from) - from);
}

std::string missingBecause(const std::string& interpreter) {
    if (interpreter.ends_with('\r')) return " is none: " + std::string(DOS_LINE_END);
    return interpreter.starts_with('/') ? " is not in the guest's root (--root / shows the host's files read-only)"
                                        : " is not in the working directory, where execve looks for it (--chdir)";
}

bool isText(const std::string& start) {
    return std::all_of(start.begin(), start.end(), [](unsigned char c) { return c == '\n' || c == '\t' || c == '\r' || c >= 0x20; });
}

std::string formatReason(const std::string& start, const ExecWatcher& watcher) {
    if (start.empty()) return "the file is empty";
    if (start.starts_with(ELFMAG)) {
        return watcher.refusal().empty() ? "no loader takes this ELF file" : "an ELF file that fails the rule " + watcher.refusal();
    }
    if (start.starts_with("#!")) return "its #! line names no interpreter";
    return isText(start) ? "it is text without a #! line, not a program" : "it is no format that Linux executes";
}

std::string accessReason(kernel::umode_t mode) {
    if (S_ISDIR(mode)) return "it is a directory";
    if (!S_ISREG(mode)) return "it is not a regular file";
    return "it has no execute permission";
}

// Why execve gave this errno, from the file itself and from the rules that refused it.
std::string reason(int error, const ExecWatcher& watcher, const Program& program, const WorldOptions& options) {
    kernel::Result<kernel::FileView> file = kernel::FileView::of(program.located);
    if (!file.ok()) return options.root.empty() ? "there is no such file" : "there is no such file below --root " + options.root;
    if (error == EACCES) return accessReason(file.value().mode());
    const std::string start = textOf(file.value().read(0, 1 << 16)), interpreter = interpreterOf(*file, start);
    if (error == ENOENT && !interpreter.empty())
        return "its interpreter " + printable(interpreter) + missingBecause(interpreter);
    if (error == ENOEXEC) return formatReason(start, watcher);
    return watcher.refusal().empty() ? "" : "it fails the rule " + watcher.refusal();
}

Outcome execFailed(int error, const ExecWatcher& watcher, const Program& program, const WorldOptions& options,
                   const std::string& injected) {
    const std::string why = injected.empty() ? reason(error, watcher, program, options) : "--inject made " + injected + " fail";
    return {OWN_FAILURE, "cannot execute " + quote(program.guest_path) + ": " + describeErrno(error) + (why.empty() ? "" : ": " + why), 0,
            Ending::exec_failed, error};
}

Outcome waitStatus(int status, const Program& program) {
    if (WIFEXITED(status)) return {WEXITSTATUS(status), "", 0, Ending::exit, WEXITSTATUS(status)};
    const char* core = WCOREDUMP(status) ? " (core dumped)" : "";
    return {128 + WTERMSIG(status), quote(program.guest_path) + " was killed by " + signalName(WTERMSIG(status)) + core, 0,
            Ending::signal, WTERMSIG(status), WCOREDUMP(status) != 0};
}

std::string seenText(const traces::Value& seen) {
    switch (seen.type) {
        case traces::Value::Type::count: return std::to_string(static_cast<i64>(seen.number));
        case traces::Value::Type::hex: return std::to_string(seen.number);
        case traces::Value::Type::text: return quote(seen.string);
        case traces::Value::Type::boolean: return seen.number ? "true" : "false";
        default: return "nothing";
    }
}

}  // namespace

std::string errnoName(int error) {
    const char* name = strerrorname_np(error);
    return name ? name : "errno " + std::to_string(error);
}

int errnoNamed(std::string_view name) {
    for (int error = 1; error < ERESTARTSYS; ++error)
        if (const char* known = strerrorname_np(error); known && name == known) return error;
    return 0;
}

std::string describeErrno(int error) { return errnoName(error) + " (" + strerrordesc_np(error) + ")"; }

ExecWatcher::ExecWatcher() : alone_(traces::tracer().mask() == 0) {
    traces::tracer().addObserver(this, traces::bit(traces::Kind::check) | traces::bit(traces::Kind::sys_exit));
    if (alone_) traces::tracer().setMask(traces::bit(traces::Kind::check) | traces::bit(traces::Kind::sys_exit));
}

ExecWatcher::~ExecWatcher() {
    stop();
    traces::tracer().removeObserver(this);
}

void ExecWatcher::stop() {
    if (listening_ && alone_) traces::tracer().setMask(0);
    listening_ = false;
}

void ExecWatcher::event(const traces::Event& event) {
    if (!listening_ || event.pid != MAIN_PID) return;
    const auto is = [&](const char* attr, std::string_view text) { return event.find(attr) && event.find(attr)->string == text; };
    if (event.kind == traces::Kind::sys_exit && is("name", "execve")) return stop();
    if (event.kind != traces::Kind::check) return;
    const std::string& rule = event.find("rule")->string;
    const bool passed = event.find("passed")->number;
    if (passed && rule.starts_with("e_ident begins") && !is_elf_) {
        is_elf_ = true;
        refusal_.clear();
    }
    if (passed || (is_elf_ && !refusal_.empty())) return;
    refusal_ = "\"" + rule + "\" (it has " + seenText(*event.find("seen")) + ")";
}

Outcome describeEnd(const kernel::MachineEnd& end, const ExecWatcher& watcher, const Program& program, const WorldOptions& options,
                    const std::string& injected) {
    using Reason = kernel::MachineEnd::Reason;
    if (end.reason == Reason::limit)
        return {OWN_FAILURE, "stopped " + quote(program.guest_path) + " after " + std::to_string(options.max_instructions) +
                                 " instructions (--max-instructions)", 0, Ending::limit};
    if (end.reason == Reason::timeout)
        return {TIMED_OUT, "stopped " + quote(program.guest_path) + " after " + options.timeout_text + " seconds (--timeout)", 0,
                Ending::timeout};
    if (end.reason == Reason::panic)
        return {OWN_FAILURE,
                "the modelled kernel stopped: " + end.message + (injected.empty() ? "" : " (--inject made " + injected + " fail)"), 0,
                Ending::panic};
    const auto space = end.command.find(' ');
    const std::string word = end.command.substr(0, space);
    const int number = space == std::string::npos ? 0 : std::atoi(end.command.c_str() + space);
    if (word == "wait-status") return waitStatus(number, program);
    if (word == "exec-failed") return execFailed(number, watcher, program, options, injected);
    if (word.ends_with("-failed"))
        return {OWN_FAILURE,
                "cannot start " + quote(program.guest_path) + ": " + word.substr(0, word.find('-')) + " gives " + describeErrno(number), 0,
                Ending::not_started, number};
    return {OWN_FAILURE, "the machine was switched off by the guest", 0, Ending::power_off};
}

}  // namespace emu
