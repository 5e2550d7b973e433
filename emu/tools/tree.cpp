#include "emu/tools/tree.hpp"

#include "emu/tools/read_trace.hpp"

#include <algorithm>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

constexpr std::size_t labelColumns = 16;   // comm has at most 15 bytes; what is longer with its pid is cut
constexpr std::size_t clockColumns = 10;
constexpr std::size_t indentColumns = 2;
constexpr std::size_t deepestIndent = 60;  // levels; what is deeper says its level
constexpr std::size_t deepestCall = 1000;
constexpr std::size_t bufferSize = std::size_t{1} << 16;
constexpr u64 longBlock = 8;               // lines after which a closing brace says whose it is

std::string showArgs(const Event& event) {
    std::string out;
    const Value* args = event.find("args");
    if (!args) return out;
    for (std::size_t i = 0; i < args->items.size(); ++i) {
        if (i) out += ", ";
        if (!args->keys.empty()) out += printable(args->keys[i]) + " = " + show(args->items[i], 40);
        else out += printable(args->items[i].string);
    }
    return out;
}

// Bits of the error code: SDM Vol. 3A, 4.7.
std::string faultText(const Event& event) {
    const u64 code = number(event, "error_code");
    const std::string access = code & 16 ? "fetch" : code & 2 ? "write" : "read";
    return "page fault: " + access + " of " + hex(number(event, "address")) + ", " +
           (code & 1 ? "not allowed" : "not present") + ", at " + hex(number(event, "ip"));
}

std::string exitText(u64 code) {
    return code & 0x7f ? "killed by signal " + std::to_string(code & 0x7f) : "exit status " + std::to_string(code >> 8 & 0xff);
}

std::string padded(std::string text, std::size_t width, bool right) {
    text = cut(text, width);
    const std::string spaces(width - columns(text), ' ');
    return right ? spaces + text : text + spaces;
}

}  // namespace

TreeRenderer::TreeRenderer(traces::Sink& out, TreeLayout layout) : out_(out), layout_(layout) {
    layout_.screen.width = std::max(layout_.screen.width, 60u);
    tasks_[0].comm = "swapper";
}

TreeRenderer::~TreeRenderer() { finish(); }

void TreeRenderer::finish() {
    writePending();
    flush();
}

void TreeRenderer::flush() {
    if (!error_) error_ = out_.write(buffer_).error;
    buffer_.clear();
}

std::string TreeRenderer::label(int pid) { return printable(tasks_[pid].comm) + '-' + std::to_string(pid); }

std::size_t TreeRenderer::room(std::size_t level) const {
    const std::size_t used = labelColumns + clockColumns + 3 + indentColumns * std::min(level, deepestIndent);
    return std::max<std::size_t>(layout_.screen.width, used + 24) - used;
}

void TreeRenderer::line(int pid, u64 clock, std::size_t level, std::string_view painted) {
    const Screen& screen = layout_.screen;
    const bool switched = pid != shownPid_;
    const bool ticked = switched || clock != shownClock_;
    buffer_ += screen.paint(Style::bold, padded(switched ? label(pid) : "", labelColumns, false));
    buffer_ += screen.paint(Style::dim, padded(ticked ? std::to_string(clock) : "", clockColumns, true) + " │ ");
    buffer_.append(indentColumns * std::min(level, deepestIndent), ' ');
    if (level > deepestIndent) buffer_ += "(" + std::to_string(level) + ") ";
    buffer_ += painted;
    buffer_ += '\n';
    shownPid_ = pid;
    shownClock_ = clock;
    ++lines_;
    if (buffer_.size() >= bufferSize) flush();
}

void TreeRenderer::writeCall(const Pending& call, std::string_view tail, Style tailStyle) {
    const Screen& screen = layout_.screen;
    const std::string prefix = call.frame.syscall ? "syscall " : "";
    const std::size_t fixed = columns(prefix) + columns(call.frame.name) + 2 + columns(tail);
    const std::size_t space = std::max(room(call.level), fixed + 3) - fixed;
    line(call.pid, call.clock, call.level,
         screen.paint(Style::syscall, prefix) + screen.paint(call.frame.syscall ? Style::syscall : Style::call, call.frame.name) +
             screen.paint(Style::dim, "(" + cut(call.args, space) + ")") + screen.paint(tailStyle, tail));
}

void TreeRenderer::writePending() {
    if (!pending_) return;
    const Pending call = std::move(*pending_);
    pending_.reset();
    writeCall(call, " {", Style::plain);
}

void TreeRenderer::open(const Event& event, Frame frame, std::string args) {
    auto& frames = tasks_[event.pid].frames;
    const std::size_t level = frames.size();
    if (level == deepestCall) throw TraceProblem("calls are nested deeper than " + std::to_string(deepestCall));
    frame.started = event.insn;
    if (!hidden(level)) {
        writePending();
        frame.lines = lines_;
        pending_ = Pending{event.pid, event.insn, level, std::move(args), frame};
    }
    frames.push_back(std::move(frame));
}

// Frames above the one that ends died without a return.
void TreeRenderer::close(const Event& event, bool syscall) {
    auto& frames = tasks_[event.pid].frames;
    const std::string name = showText(event, syscall ? "name" : "function");
    const auto at = std::find_if(frames.rbegin(), frames.rend(),
                                 [&](const Frame& f) { return f.syscall == syscall && f.name == name; });
    if (at == frames.rend()) return;
    const std::size_t level = static_cast<std::size_t>(frames.rend() - at) - 1;
    const Frame frame = *at;
    frames.resize(level);
    if (hidden(level)) return;
    const Value* result = event.find("result");
    std::string tail = result && result->type != Value::Type::null ? " = " + showResult(*result) : "";
    const Style style = result && isError(*result) ? Style::error : Style::plain;
    if (event.find("injected")) tail += tail.empty() ? " fails (injected)" : " (injected)";
    if (pending_ && pending_->pid == event.pid && pending_->level == level) {
        const Pending call = std::move(*pending_);
        pending_.reset();
        return writeCall(call, tail + ";", style);
    }
    writePending();
    std::string note;
    if (lines_ - frame.lines > longBlock) note += " " + name;
    if (event.insn != frame.started)
        note += (note.empty() ? " " : ", ") + std::to_string(event.insn - frame.started) + " instructions";
    line(event.pid, event.insn, level,
         "}" + layout_.screen.paint(style, cut(tail, room(level))) +
             layout_.screen.paint(Style::dim, note.empty() ? "" : "  //" + note));
}

void TreeRenderer::mark(const Event& event, Style style, std::string_view text) {
    writePending();
    std::size_t level = tasks_[event.pid].frames.size();
    if (layout_.depth > 0) level = std::min(level, static_cast<std::size_t>(layout_.depth));
    line(event.pid, event.insn, level, layout_.screen.paint(style, cut(text, room(level))));
}

void TreeRenderer::learn(const Event& event) {
    const auto name = [&](std::string_view pid, std::string_view comm) {
        if (const Value* text = event.find(comm)) tasks_[static_cast<int>(count(event, pid))].comm = text->string;
    };
    if (event.kind == Kind::task) name("task_pid", "comm");
    if (event.kind == Kind::sched_switch) name("prev_pid", "prev_comm"), name("next_pid", "next_comm");
    if (event.kind != Kind::sched_process_fork) return;
    name("parent_pid", "parent_comm");
    tasks_[static_cast<int>(count(event, "child_pid"))].frames.clear();   // its number may have been a dead task's
    name("child_pid", "child_comm");
}

bool TreeRenderer::marked(const Event& event) {
    const auto text = [&](std::string_view attr) { return showText(event, attr); };
    const auto task = [&](std::string_view comm, std::string_view pid) {
        return text(comm) + "-" + std::to_string(count(event, pid));
    };
    switch (event.kind) {
        case Kind::sched_switch:
            mark(event, Style::mark, "⇄ switch to " + task("next_comm", "next_pid") + "  (" + task("prev_comm", "prev_pid") + " is " +
                                         text("prev_state") + ")");
            return true;
        case Kind::sched_process_fork: mark(event, Style::mark, "✚ new task " + task("child_comm", "child_pid")); return true;
        case Kind::sched_process_exec: mark(event, Style::mark, "⟳ now runs " + text("filename")); return true;
        case Kind::sched_process_exit:
            mark(event, Style::mark, "✖ " + text("comm") + " ends: " + exitText(number(event, "exit_code")));
            return true;
        case Kind::signal_generate:
            mark(event, Style::mark, "⚡ " + text("name") + " sent to " + task("comm", "target_pid") +
                                         (text("result").empty() ? "" : " (" + text("result") + ")"));
            return true;
        case Kind::signal_deliver: mark(event, Style::mark, "⚡ " + text("name") + " acts"); return true;
        case Kind::page_fault_user: mark(event, Style::mark, faultText(event)); return true;
        case Kind::exception:
            mark(event, Style::error, "exception " + text("name") + " at " + hex(number(event, "ip")));
            return true;
        case Kind::unsupported:
            mark(event, Style::error, "! unsupported " + text("what") + " " + text("name") + ": " + text("consequence"));
            return true;
        case Kind::truncated: mark(event, Style::error, "! events are missing from here on: " + text("reason")); return true;
        default: return false;
    }
}

void TreeRenderer::detail(const Event& event) {
    if (!layout_.details || hidden(tasks_[event.pid].frames.size())) return;
    const auto value = [&](std::string_view attr) { return event.find(attr) ? show(*event.find(attr)) : ""; };
    if (event.kind == Kind::local) mark(event, Style::dim, showText(event, "name") + " = " + value("value"));
    if (event.kind == Kind::set)
        mark(event, Style::dim,
             showText(event, "object") + "." + showText(event, "field") + " = " + value("new") + "  (was " + value("old") + ")");
    if (event.kind == Kind::check)
        mark(event, number(event, "passed") ? Style::dim : Style::error,
             std::string(number(event, "passed") ? "✓ " : "✗ ") + showText(event, "rule") + "  (" + value("seen") + ")");
    if (event.kind == Kind::vma)
        mark(event, Style::dim, "vma " + showText(event, "op") + " " + hex(number(event, "start")) + "-" + hex(number(event, "end")) + " " +
                                    showText(event, "flags") + " " + showText(event, "file"));
}

void TreeRenderer::event(const Event& event) {
    learn(event);
    switch (event.kind) {
        case Kind::call: return open(event, {showText(event, "function"), 0, 0, false}, showArgs(event));
        case Kind::ret: return close(event, false);
        case Kind::sys_enter: return open(event, {showText(event, "name"), 0, 0, true}, showArgs(event));
        case Kind::sys_exit: return close(event, true);
        default:
            if (!marked(event)) detail(event);
    }
}

}  // namespace emu
