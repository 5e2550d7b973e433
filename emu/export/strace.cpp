// System calls and signals of the program in the text of strace -f -o FILE. init's are left out: strace would not see them.
#include "emu/export/exporter.hpp"
#include "emu/export/strace_structs.hpp"
#include "emu/export/traced_memory.hpp"
#include "emu/tools/read_trace.hpp"
#include "emu/tools/text.hpp"
#include "traces/json_text.hpp"

#include <charconv>
#include <csignal>
#include <set>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

constexpr int initPid = 1;
constexpr std::size_t resultColumn = 40, mostTasks = 100'000;

// The siginfo_t of a signal_generate or signal_deliver.
std::string siginfoOf(const Event& event) {
    constexpr std::size_t size = 128, head = 16;
    const auto number = [&](const char* name) { return static_cast<int>(count(event, name)); };
    const int start[] = {number("sig"), number("error"), number("code"), 0};
    static_assert(sizeof start == head);
    std::string bytes(reinterpret_cast<const char*>(start), head);
    if (const Value* info = event.find("info")) bytes += traces::bytesFromHex(info->string).substr(0, size - head);
    bytes.resize(size);
    return bytes;
}

// The minor version of a trace; -1: it has no header that says so.
int minorVersion(const Event& header) {
    const std::string version = showText(header, "version");
    int minor = -1;
    if (const std::size_t dot = version.find('.'); dot != std::string::npos)
        std::from_chars(version.data() + dot + 1, version.data() + version.size(), minor);
    return minor;
}

class StraceExport final : public traces::Observer {
public:
    explicit StraceExport(const ExportTarget& target) : out_(target.path) {}
    void event(const Event& event) override;
    void finish() {
        interrupt();
        out_.flush();
    }

private:
    struct Task {
        bool seen = false;          // from its first execve on, or made by one that is seen
        bool inCall = false, split = false;      // split: its beginning stands on a line of its own
        bool held = false;          // its call was interrupted: what it does next says whether that is seen
        bool unread = false;        // some of its strings are not in memory yet
        StraceCall call;
        StraceText text;            // of its arguments, when it began; written with what comes next
        std::vector<std::string> signals;        // to be told when it comes back from the kernel
        std::map<int, std::string> sent;         // to it, the last of each number
        int stop = 0;               // the last signal that it acted upon which may stop it
        bool ending = false;        // it acts upon SIGKILL, which may stand for what ends the whole process (complete_signal)
        bool killed = false;        // by SIGKILL: it will not come back, and no result is seen
    };

    Task& task(int pid);
    void begin(int pid, const Event& event);
    void end(int pid, const Event& event);
    void settle(int pid, bool died = false);
    std::string signalText(const Event& event) const;
    void generated(const Event& event);
    void delivered(const Event& event);
    void stopped(const Event& event);
    void exited(int pid, const Event& event);
    void start(int pid);
    void interrupt();
    void writeBeginning(Task& task);
    void broughtIn(Task& task);
    void result(const std::string& text);
    void tellSignals(int pid);

    Output out_;
    TracedMemory memory_;           // for the structures that calls read
    std::string line_;              // not ended yet
    int owner_ = 0;                 // whose it is
    int version_ = -1;              // minor, of the trace
    std::map<int, Task> tasks_;
};

StraceExport::Task& StraceExport::task(int pid) {
    if (tasks_.size() == mostTasks && !tasks_.contains(pid))
        throw TraceProblem("more than " + std::to_string(mostTasks) + " tasks at once");
    return tasks_[pid];
}

void StraceExport::interrupt() {
    if (line_.empty()) return;
    writeBeginning(task(owner_));
    out_.put(line_ + " <unfinished ...>\n");
    line_.clear();
    task(owner_).split = true;
}

void StraceExport::start(int pid) {
    interrupt();
    line_ = std::to_string(pid);
    line_.append(line_.size() < 5 ? 5 - line_.size() : 0, ' ') += ' ';
    owner_ = pid;
}

void StraceExport::result(const std::string& text) {
    line_ += ")";
    line_.append(line_.size() < resultColumn ? resultColumn - line_.size() : 1, ' ');
    out_.put(line_ + "= " + text + "\n");
    line_.clear();
}

void StraceExport::begin(int pid, const Event& event) {
    Task& current = task(pid);
    if (current.held) settle(pid);
    StraceCall call = straceCall(event);
    current.seen = current.seen || call.name == "execve" || call.name == "execveat";
    if (!current.seen) return;
    call.stack = memory_.stackOf(pid);
    call.memory = [this, pid](u64 address, u64 size) { return memory_.read(pid, address, size); };
    const bool answers = call.name == "getsockname" || call.name == "getpeername" || call.name.starts_with("accept");
    if (answers) call.before = call.read(call.raw[2], 4);
    if (call.name == "restart_syscall")
        call.interrupted = current.call.name == "restart_syscall" ? current.call.interrupted : current.call.name;
    current.call = std::move(call);
    current.inCall = true;
    current.split = false;
    start(pid);
    current.unread = true;
    broughtIn(current);
    current.text = straceArguments(current.call, false);
    if (current.call.name == "exit_group" || current.call.name == "exit") {
        writeBeginning(current);
        current.inCall = false;
        result("?");
    }
}

void StraceExport::writeBeginning(Task& task) {
    line_ += straceBeginning(task.call, task.text);
}

void StraceExport::broughtIn(Task& task) {
    if (!task.inCall || task.split || !task.unread) return;
    bool changed = false;
    task.unread = readLateStrings(task.call, changed);
    if (changed) task.text = straceArguments(task.call, false);
}

void StraceExport::end(int pid, const Event& event) {
    Task& current = task(pid);
    if (!current.inCall) return tellSignals(pid);
    current.call.takeResult(event);
    current.held = !current.killed && current.call.error.starts_with("ERESTART");
    if (!current.held) settle(pid, current.killed);
}

// Who dies in a call does not see its result, nor what it would have written.
void StraceExport::settle(int pid, bool died) {
    Task& current = task(pid);
    current.inCall = current.held = false;
    if (current.split) {
        start(pid);
        line_ += "<... " + current.call.name + " resumed>";
    } else {
        writeBeginning(current);
    }
    const StraceText text = straceArguments(current.call, true);
    line_ += !died ? straceRest(current.call, text) : text.after.empty() ? "" : " <unfinished ...>";
    result(died ? "?" : straceResult(current.call));
    tellSignals(pid);
}

void StraceExport::tellSignals(int pid) {
    for (const std::string& signal : std::exchange(task(pid).signals, {})) {
        start(pid);
        out_.put(line_ + signal + "\n");
        line_.clear();
    }
}

// Since 1.4 signal_generate tells all of a siginfo_t, since 1.5 signal_deliver does.
std::string StraceExport::signalText(const Event& event) const {
    const bool whole = version_ >= (event.kind == Kind::signal_generate ? 4 : 5);
    return "--- " + straceSignal(static_cast<int>(count(event, "sig"))) + " " + straceSignalInfo(siginfoOf(event), whole) + " ---";
}

void StraceExport::generated(const Event& event) {
    const int target = static_cast<int>(count(event, "target_pid")), signal = static_cast<int>(count(event, "sig"));
    const std::string outcome = showText(event, "result");
    if (!tasks_.contains(target) || !tasks_[target].seen || outcome == "already_pending") return;
    Task& current = tasks_[target];
    if (signal == SIGKILL) {
        current.killed = true;
        return;
    }
    if (outcome != "ignored") {
        current.sent[signal] = signalText(event);
        return;
    }
    current.signals.push_back(signalText(event));
    if (!current.inCall) tellSignals(target);
}

void StraceExport::delivered(const Event& event) {
    Task& current = task(event.pid);
    if (!current.seen) return;
    if (showText(event, "name") == "SIGKILL") {
        current.ending = true;
        return;
    }
    if (current.held) settle(event.pid);
    if (const int signal = static_cast<int>(count(event, "sig")); signal >= SIGSTOP && signal <= SIGTTOU) current.stop = signal;
    current.signals.push_back(signalText(event));
    if (!current.inCall) tellSignals(event.pid);
}

void StraceExport::stopped(const Event& event) {
    constexpr u64 TASK_STOPPED = 4;                 // __TASK_STOPPED of <linux/sched.h>
    const std::string field = showText(event, "field");
    if ((field != "state" && field != "__state") || !(number(event, "new") & TASK_STOPPED)) return;
    Task& current = task(event.pid);
    if (!current.seen || !current.stop) return;
    current.signals.push_back("--- stopped by " + straceSignal(std::exchange(current.stop, 0)) + " ---");
    if (!current.inCall) tellSignals(event.pid);
}

void StraceExport::exited(int pid, const Event& event) {
    Task& current = task(pid);
    if (!current.seen) return;
    const u64 code = number(event, "exit_code");
    if (current.held) settle(pid, !current.ending || !current.sent.contains(static_cast<int>(code & 0x7f)));
    if (current.inCall && !current.split) {
        writeBeginning(current);
        line_ += " <unfinished ...>";
        result("?");
    }
    current.inCall = false;
    if (const auto fatal = current.sent.find(static_cast<int>(code & 0x7f)); current.ending && fatal != current.sent.end()) {
        current.signals.push_back(fatal->second);
        tellSignals(pid);
    }
    start(pid);
    line_ += code & 0x7f ? "+++ killed by " + straceSignal(static_cast<int>(code & 0x7f)) + (code & 0x80 ? " (core dumped) +++" : " +++")
                         : "+++ exited with " + std::to_string(code >> 8 & 0xff) + " +++";
    out_.put(line_ + "\n");
    line_.clear();
}

void StraceExport::event(const Event& event) {
    if (event.kind == Kind::header && traces::describeMask(traces::parseCategories(showText(event, "categories")).mask &
                                                           traces::bit(Kind::sys_enter)) == traces::describeMask(0))
        throw TraceProblem("the trace was made without system calls (-e)");
    if (event.kind == Kind::header) version_ = minorVersion(event);
    memory_.event(event);
    if (event.pid == 0 && event.kind != Kind::sched_process_fork && event.kind != Kind::signal_generate) return;     // of a timer
    Task& current = task(event.pid);
    const bool told = event.pid != initPid;
    switch (event.kind) {
        case Kind::sys_enter: if (told) begin(event.pid, event); break;
        case Kind::sys_exit: if (told) end(event.pid, event); break;
        case Kind::user_write:
            if (current.inCall) current.call.takeWrite(event);
            break;
        case Kind::pte:
        case Kind::page_fill: broughtIn(current); break;
        case Kind::signal_generate: generated(event); break;
        case Kind::signal_deliver: delivered(event); break;
        case Kind::set: stopped(event); break;
        case Kind::sched_process_fork: {
            const int child = static_cast<int>(count(event, "child_pid"));
            const bool seen = current.seen;
            tasks_.erase(child);
            task(child).seen = seen;
            break;
        }
        case Kind::sched_process_exit: exited(event.pid, event); break;
        default: break;
    }
}

}  // namespace

extern const ExportFormat straceFormat;
const ExportFormat straceFormat = {"strace", "the text of strace -f, without init", false, makeExporter<StraceExport>};

}  // namespace emu
