// The text of Linux's function_graph tracer (Documentation/trace/ftrace.rst), with funcgraph-abstime and funcgraph-proc: the kernel's
// functions, and between them, as comments, the events that tracefs has. A microsecond is an instruction of the guest.
#include "emu/export/exporter.hpp"
#include "emu/tools/call_walker.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

constexpr std::size_t processColumns = 14, commColumns = 7, durationDigits = 7;
constexpr std::string_view noDuration = "              ";

// The mark before a long duration, in microseconds.
char overhead(u64 duration) {
    constexpr std::pair<u64, char> marks[] = {{1'000'000, '$'}, {100'000, '@'}, {10'000, '*'}, {1000, '#'}, {100, '!'}, {10, '+'}};
    for (const auto& [above, mark] : marks)
        if (duration > above) return mark;
    return ' ';
}

std::string durationText(u64 duration) {
    std::string digits = std::to_string(duration);
    if (digits.size() + 1 < durationDigits) digits += ".000", digits.resize(std::min(digits.size(), durationDigits));
    return std::string(1, overhead(duration)) + " " + pad(digits + " us", noDuration.size() - 2);
}

std::string process(const std::string& comm, int pid) {
    const std::string text = printable(comm.substr(0, commColumns)) + "-" + std::to_string(pid);
    const std::size_t spaces = text.size() < processColumns ? processColumns - text.size() : 0;
    return std::string(spaces / 2, ' ') + text + std::string(spaces - spaces / 2, ' ');
}

class FtraceExport final : public CallWalker {
public:
    explicit FtraceExport(const ExportTarget& target) : out_(target.path) {
        out_.put("# tracer: function_graph\n"
                 "#\n"
                 "#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS\n"
                 "#      |          |     |    |           |   |                     |   |   |   |\n");
    }
    void finish() {
        writeEntry();
        out_.flush();
    }

private:
    struct Entry {      // a function that may be a leaf: its line waits for the next event
        std::string comm, name;
        int pid;
        u64 seq, insn;
        std::size_t depth;
    };

    void opened(Task& task, const Event& event) override {
        const Frame& frame = task.frames.back();
        if (frame.syscall) return systemCall(task, event);
        writeEntry();
        entry_ = Entry{task.comm, printable(frame.name), task.pid, frame.seq, frame.insn, depth(task) - 1};
    }

    void closed(Task& task, const Frame& frame, const Event* result) override {
        if (!result) return;        // its task died in it, or the trace ended: it never returned
        if (frame.syscall)
            return comment(task, "sys_exit: NR " + std::to_string(count(*result, "nr")) + " = " + std::to_string(count(*result, "result")));
        const std::string duration = durationText(result->insn - std::min(result->insn, frame.insn));
        if (entry_ && entry_->seq == frame.seq) {
            const Entry leaf = std::move(*entry_);
            entry_.reset();
            return line(leaf.comm, leaf.pid, leaf.insn, duration, leaf.depth, leaf.name + "();");
        }
        writeEntry();
        line(task.comm, task.pid, result->insn, duration, depth(task), "}");
    }

    void other(Task& task, const Event& event) override {
        if (const std::string text = eventText(event); !text.empty()) comment(task, text);
    }

    void systemCall(Task& task, const Event& event) {
        std::string text = "sys_enter: NR " + std::to_string(count(event, "nr")) + " (";
        const Value* raw = event.find("raw");
        for (std::size_t i = 0; i < 6; ++i)
            text += (i ? ", " : "") + hex(raw && i < raw->items.size() ? raw->items[i].number : 0).substr(2);
        comment(task, text + ")");
    }

    void comment(const Task& task, const std::string& text) {
        writeEntry();
        line(task.comm, task.pid, now().insn, std::string(noDuration), depth(task), "/* " + text + " */");
    }

    void writeEntry() {
        if (!entry_) return;
        const Entry entry = std::move(*entry_);
        entry_.reset();
        line(entry.comm, entry.pid, entry.insn, std::string(noDuration), entry.depth, entry.name + "() {");
    }

    static std::size_t depth(const Task& task) {
        return static_cast<std::size_t>(std::ranges::count_if(task.frames, [](const Frame& frame) { return !frame.syscall; }));
    }

    void line(const std::string& comm, int pid, u64 insn, const std::string& duration, std::size_t depth, const std::string& text) {
        const std::string who = process(comm, pid);
        if (pid != pid_ && pid_ >= 0) {
            constexpr const char* rule = " ------------------------------------------\n";
            out_.put(std::string(rule) + " 0) " + who_ + " => " + who + "\n" + rule + "\n");
        }
        pid_ = pid;
        who_ = who;
        char time[48];
        std::snprintf(time, sizeof time, "%5llu.%06llu |  ", static_cast<unsigned long long>(insn / 1'000'000),
                      static_cast<unsigned long long>(insn % 1'000'000));
        out_.put(time + (" 0) " + who) + " | " + duration + "|  " + std::string(2 * depth, ' ') + text + "\n");
    }

    static std::string eventText(const Event& event);

    Output out_;
    std::optional<Entry> entry_;
    int pid_ = -1;              // of the last line
    std::string who_;
};

// As the print formats of Linux's tracepoints have it (events/*/*/format), without what traces do not hold: prio, grp.
std::string FtraceExport::eventText(const Event& event) {
    const auto text = [&](std::string_view name, const char* attr) { return std::string(name) + "=" + showText(event, attr) + " "; };
    const auto decimal = [&](std::string_view name, const char* attr) {
        return std::string(name) + "=" + std::to_string(count(event, attr)) + " ";
    };
    const auto hexadecimal = [&](std::string_view name, const char* attr) {
        return std::string(name) + "=" + hex(number(event, attr)) + " ";
    };
    const auto made = [&](std::string all) {
        all.pop_back();
        return std::string(traces::info(event.kind).name) + ": " + all;
    };
    switch (event.kind) {
        case Kind::sched_switch:
            return made(text("prev_comm", "prev_comm") + decimal("prev_pid", "prev_pid") + text("prev_state", "prev_state") + "==> " +
                        text("next_comm", "next_comm") + decimal("next_pid", "next_pid"));
        case Kind::sched_process_fork:
            return made(text("comm", "parent_comm") + decimal("pid", "parent_pid") + text("child_comm", "child_comm") +
                        decimal("child_pid", "child_pid"));
        case Kind::sched_process_exec:
            return made(text("filename", "filename") + "pid=" + std::to_string(event.pid) + " " + decimal("old_pid", "old_pid"));
        case Kind::sched_process_exit: return made(text("comm", "comm") + "pid=" + std::to_string(event.pid) + " ");
        case Kind::signal_generate:
            return made(decimal("sig", "sig") + decimal("code", "code") + text("comm", "comm") + decimal("pid", "target_pid") +
                        text("res", "result"));
        case Kind::signal_deliver:
            return made(decimal("sig", "sig") + decimal("code", "code") + hexadecimal("sa_handler", "sa_handler") +
                        hexadecimal("sa_flags", "sa_flags"));
        case Kind::page_fault_user:
            return made(hexadecimal("address", "address") + hexadecimal("ip", "ip") + hexadecimal("error_code", "error_code"));
        case Kind::truncated: return made(text("reason", "reason"));
        default: return {};
    }
}

}  // namespace

extern const ExportFormat ftraceFormat;
const ExportFormat ftraceFormat = {"ftrace", "the text of the function_graph tracer", false, makeExporter<FtraceExport>};

}  // namespace emu
