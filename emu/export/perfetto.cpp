// Chrome's trace-event JSON, as ui.perfetto.dev and chrome://tracing read it ("Trace Event Format", Google, 2016).
// A microsecond there is one event or one instruction here: calls that take no instruction still have a width.
#include "emu/export/exporter.hpp"
#include "emu/tools/call_walker.hpp"
#include "emu/tools/text.hpp"
#include "traces/json_text.hpp"

#include <map>
#include <optional>
#include <set>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

class PerfettoExport final : public CallWalker {
public:
    explicit PerfettoExport(const ExportTarget& target) : out_(target.path) { out_.put("{\"displayTimeUnit\":\"ns\",\"traceEvents\":["); }

    void finish() {
        CallWalker::finish();
        while (!lives_.empty()) died(task(lives_.begin()->first));
        out_.put("\n]");
        if (!header_.empty()) out_.put(",\"otherData\":" + header_);
        out_.put("}\n");
        out_.flush();
    }

private:
    struct Life {
        std::string named;          // as Perfetto shows the task now
        std::optional<std::string> starts;   // the program that it has just become
        u64 exec = 0;               // its arrow
        bool program = false;       // the slice of one is open
    };

    void opened(Task& task, const Event& event) override;
    void closed(Task& task, const Frame& frame, const Event* result) override;
    void other(Task& task, const Event& event) override;
    void died(Task& task) override;
    void pages(Task& task, const Event& event);
    void instant(Task& task, std::string_view name, const Event& event);
    void beginProgram(Task& task);
    Life& alive(Task& task);
    void begin(const Task& task, std::string_view name, std::string_view category, const Value* args);
    void end(const Task& task, const Value* result);
    void counter(const Task& task, const std::string& name, i64 value);
    void arrow(const Task& task, std::string_view phase, std::string_view name, u64 id);
    void head(std::string_view phase, const Task& task, std::string_view name, std::string_view category);
    void name(const Task& task);

    Output out_;
    std::string header_;
    bool first_ = true;
    std::map<int, Life> lives_;
    std::map<int, u64> births_, deaths_;           // arrows under way: by child
    std::map<std::string, int> objects_;           // pid of each task_struct
    std::map<std::string, i64> present_;           // pages of each mm_struct
    std::map<int, i64> copies_;
    u64 arrows_ = 0;
};

void PerfettoExport::head(std::string_view phase, const Task& task, std::string_view name, std::string_view category) {
    out_.spill();
    std::string& out = out_.buffer();
    out += first_ ? "\n{\"ph\":\"" : ",\n{\"ph\":\"";
    first_ = false;
    out.append(phase).append("\",\"pid\":") += std::to_string(task.tgid) + ",\"tid\":" + std::to_string(task.pid);
    if (phase != "M") out += ",\"ts\":" + std::to_string(now().seq + now().insn);
    if (name.empty()) return;
    out += ",\"name\":";
    traces::appendText(out, name);
    if (!category.empty()) out.append(",\"cat\":\"").append(category) += '"';
}

void PerfettoExport::begin(const Task& task, std::string_view name, std::string_view category, const Value* args) {
    head("B", task, name, category);
    std::string& out = out_.buffer();
    out += ",\"args\":{\"insn\":" + std::to_string(now().insn);
    if (args) traces::appendValue(out += ",\"args\":", *args);
    out += "}}";
}

void PerfettoExport::end(const Task& task, const Value* result) {
    head("E", task, "", "");
    if (result) traces::appendText(out_.buffer() += ",\"args\":{\"result\":", showResult(*result)), out_.buffer() += '}';
    out_.buffer() += '}';
}

void PerfettoExport::counter(const Task& task, const std::string& name, i64 value) {
    head("C", task, name, "mm");
    out_.buffer() += ",\"args\":{\"pages\":" + std::to_string(value) + "}}";
}

void PerfettoExport::arrow(const Task& task, std::string_view phase, std::string_view name, u64 id) {
    head(phase, task, name, "flow");
    out_.buffer() += ",\"id\":" + std::to_string(id) + (phase == "f" ? ",\"bp\":\"e\"}" : "}");
}

void PerfettoExport::name(const Task& task) {
    for (const std::string_view what : {"process_name", "thread_name"}) {
        if (what == "process_name" && task.pid != task.tgid) continue;
        head("M", task, what, "");
        traces::appendText(out_.buffer() += ",\"args\":{\"name\":", printable(task.comm));
        out_.buffer() += "}}";
    }
}

// The task's own slice, below all others: arrows need one to hang on.
PerfettoExport::Life& PerfettoExport::alive(Task& task) {
    const auto [at, born] = lives_.try_emplace(task.pid);
    if (at->second.named != task.comm || born) {
        at->second.named = task.comm;
        name(task);
    }
    if (born) {
        begin(task, "task " + std::to_string(task.pid), "task", nullptr);
        if (const auto birth = births_.find(task.pid); birth != births_.end()) {
            arrow(task, "f", "fork", birth->second);
            births_.erase(birth);
        }
    }
    return at->second;
}

void PerfettoExport::died(Task& task) {
    const auto life = lives_.find(task.pid);
    if (life == lives_.end()) return;
    if (life->second.program) end(task, nullptr);
    end(task, nullptr);
    lives_.erase(life);
}

void PerfettoExport::beginProgram(Task& task) {
    Life& life = alive(task);
    if (!life.starts) return;
    if (life.program) end(task, nullptr);
    life.program = true;
    begin(task, *life.starts, "program", nullptr);
    arrow(task, "f", "exec", life.exec);
    life.starts.reset();
}

void PerfettoExport::opened(Task& task, const Event& event) {
    alive(task);
    const Frame& frame = task.frames.back();
    if (frame.syscall) beginProgram(task);
    begin(task, frame.name, frame.syscall ? "syscall" : "kernel", event.find("args"));
    const Value* args = event.find("args");
    const Value* gone = args && frame.name == "release_task" ? args->find("p") : nullptr;
    if (!gone) return;
    const auto object = objects_.find(gone->string);
    const auto death = object == objects_.end() ? deaths_.end() : deaths_.find(object->second);
    if (death == deaths_.end()) return;
    arrow(task, "f", "wait", death->second);
    deaths_.erase(death);
}

void PerfettoExport::closed(Task& task, const Frame& frame, const Event* result) {
    end(task, result ? result->find("result") : nullptr);
    if (result && frame.syscall && lives_[task.pid].starts) beginProgram(task);
}

void PerfettoExport::instant(Task& task, std::string_view name, const Event& event) {
    alive(task);
    head("i", task, name, traces::info(event.kind).category);
    std::string& out = out_.buffer();
    out += ",\"s\":\"t\",\"args\":{\"insn\":" + std::to_string(event.insn);
    for (const traces::Attr& attr : event.attrs) {
        traces::appendText(out += ',', attr.name);
        traces::appendValue(out += ':', attr.value);
    }
    out += "}}";
}

void PerfettoExport::pages(Task& task, const Event& event) {
    if (event.kind == Kind::page_fill && showText(event, "source") == "copy") counter(task, "COW copies", ++copies_[task.tgid]);
    if (event.kind != Kind::pte) return;
    const bool before = number(event, "old") & 1, after = number(event, "new") & 1;     // P: SDM Vol. 3A, 4.5
    const std::string mm = showText(event, "mm");
    if (before != after) counter(task, "pages of " + mm, present_[mm] += after ? 1 : -1);
}

void PerfettoExport::other(Task& task, const Event& event) {
    switch (event.kind) {
        case Kind::header: traces::appendEvent(header_, event); break;
        case Kind::task:
            objects_[showText(event, "task")] = static_cast<int>(count(event, "task_pid"));
            if (lives_.contains(task.pid)) alive(task);
            break;
        case Kind::sched_process_fork:
            instant(task, "fork", event);
            arrow(task, "s", "fork", births_[static_cast<int>(count(event, "child_pid"))] = ++arrows_);
            break;
        case Kind::sched_process_exec:
            instant(task, "exec", event);
            alive(task).starts = showText(event, "filename");
            arrow(task, "s", "exec", alive(task).exec = ++arrows_);
            break;
        case Kind::sched_process_exit:
            instant(task, "exit", event);
            arrow(task, "s", "wait", deaths_[task.pid] = ++arrows_);
            break;
        case Kind::sched_switch: instant(task, "switch to " + showText(event, "next_comm"), event); break;
        case Kind::signal_generate: instant(task, "send " + showText(event, "name"), event); break;
        case Kind::signal_deliver: instant(task, "deliver " + showText(event, "name"), event); break;
        case Kind::exception: instant(task, showText(event, "name"), event); break;
        case Kind::page_fault_user:
        case Kind::unsupported:
        case Kind::truncated: instant(task, traces::info(event.kind).name, event); break;
        case Kind::object_free: present_.erase(showText(event, "object")), objects_.erase(showText(event, "object")); break;
        default: pages(task, event);
    }
}

}  // namespace

extern const ExportFormat perfettoFormat;
const ExportFormat perfettoFormat = {"perfetto", "trace-event JSON, for ui.perfetto.dev", false, makeExporter<PerfettoExport>};

}  // namespace emu
