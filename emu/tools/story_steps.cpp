#include "emu/tools/story_steps.hpp"

#include "emu/tools/counterparts.hpp"
#include "emu/tools/text.hpp"
#include "traces/hash.hpp"

#include <algorithm>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

constexpr std::size_t deepest = 1000, shownFrames = 6, mostTasks = 100'000;
constexpr int initPid = 1, kthreadd = 2;

std::string argumentsOf(const Event& event) {
    std::string out;
    const Value* args = event.find("args");
    for (std::size_t i = 0; args && i < args->items.size(); ++i) {
        if (i) out += ", ";
        if (!args->keys.empty()) out += printable(args->keys[i]) + " = " + show(args->items[i], 40);
        else out += printable(args->items[i].string);
    }
    return "(" + out + ")";
}

std::string exitOf(u64 code) {
    return code & 0x7f ? "is killed by signal " + std::to_string(code & 0x7f) : "exits with status " + std::to_string(code >> 8 & 0xff);
}

}  // namespace

StorySteps::StorySteps(const std::string& path) : input_(path) {
    if (std::optional<Event> first = input_.next()) header_ = std::move(*first);
}

std::string StorySteps::pathOf(int pid) const {
    const auto task = tasks_.find(pid);
    std::string out;
    if (task == tasks_.end()) return out;
    const auto& frames = task->second.frames;
    const std::size_t from = frames.size() > shownFrames ? frames.size() - shownFrames : 0;
    for (std::size_t i = from; i < frames.size(); ++i) out += (out.empty() ? from ? "… > " : "" : " > ") + frames[i];
    return out;
}

StorySteps::Task& StorySteps::task(int pid) {
    const auto known = tasks_.find(pid);
    if (known != tasks_.end()) return known->second;
    if (tasks_.size() == mostTasks) input_.refuse(input_.reader().line(), "more than " + std::to_string(mostTasks) + " tasks");
    return tasks_[pid];
}

bool StorySteps::belongs(const Event& event) {
    const std::string name = event.kind == Kind::sys_enter ? showText(event, "name") : "";
    begun_ = begun_ || event.pid > kthreadd || (event.pid == initPid && (name == "fork" || name == "vfork" || name == "clone"));
    return begun_ || event.kind == Kind::footer;
}

std::optional<Step> StorySteps::called(const Event& event, bool syscall) {
    const std::string name = showText(event, syscall ? "name" : "function");
    Task& inside = task(event.pid);
    Step step{std::string(syscall ? "syscall " : "call ") + std::string(sameFunction(name)), (syscall ? "syscall " : "") + name + argumentsOf(event),
              (syscall ? "system call " : "function ") + name, pathOf(event.pid)};
    if (inside.frames.size() == deepest) input_.refuse(input_.reader().line(), "calls are nested deeper than " + std::to_string(deepest));
    inside.frames.push_back(name);
    if (!inside.fault && (name == "do_page_fault" || name == "exc_page_fault")) inside.fault = inside.frames.size();
    return step;
}

// Only failures are steps of their own.
std::optional<Step> StorySteps::returned(const Event& event, bool syscall) {
    const std::string name = showText(event, syscall ? "name" : "function");
    Task& inside = task(event.pid);
    auto& frames = inside.frames;
    const auto at = std::find(frames.rbegin(), frames.rend(), name);
    if (at != frames.rend()) frames.resize(static_cast<std::size_t>(frames.rend() - at) - 1);
    if (frames.size() < inside.fault) inside.fault = 0;
    const Value* result = event.find("result");
    if (!result || !isError(*result)) return std::nullopt;
    return Step{"fails " + std::string(sameFunction(name)) + show(*result), (syscall ? "syscall " : "") + name + " = " + showResult(*result),
                "failure of " + name, pathOf(event.pid)};
}

std::optional<Step> StorySteps::stepOf(const Event& event) {
    const auto text = [&](std::string_view attr) { return showText(event, attr); };
    const auto simple = [&](const std::string& key, const std::string& more = "") {
        return Step{key, key + more, key, pathOf(event.pid)};
    };
    switch (event.kind) {
        case Kind::call: return called(event, false);
        case Kind::sys_enter: return called(event, true);
        case Kind::ret: return returned(event, false);
        case Kind::sys_exit: return returned(event, true);
        case Kind::check:
            return Step{"check " + std::string(sameRule(text("rule"))) + (number(event, "passed") ? " +" : " -"),
                        (number(event, "passed") ? "✓ " : "✗ ") + text("rule") + "  (" +
                            (event.find("seen") ? show(*event.find("seen")) : "") + ")",
                        "check that " + text("rule"), pathOf(event.pid)};
        case Kind::vma:
            return simple("vma " + text("op") + " " + text("flags"),
                          " " + hex(number(event, "start")) + "-" + hex(number(event, "end")) + " " + text("file"));
        case Kind::local: return simple("local " + text("name"), " = " + (event.find("value") ? show(*event.find("value")) : ""));
        case Kind::page_fault_user: ++faults_; return std::nullopt;
        case Kind::exception: return simple("exception " + text("name"), " at " + hex(number(event, "ip")));
        case Kind::sched_switch: return simple("switch to pid " + std::to_string(count(event, "next_pid")), " " + text("next_comm"));
        case Kind::sched_process_fork: return simple("new task", " " + std::to_string(count(event, "child_pid")));
        case Kind::sched_process_exec: return simple("exec", " " + text("filename"));
        case Kind::sched_process_exit: return simple("task " + exitOf(number(event, "exit_code")));
        case Kind::signal_generate: return simple("send " + text("name"), " to " + std::to_string(count(event, "target_pid")));
        case Kind::signal_deliver: return simple("deliver " + text("name"));
        case Kind::unsupported: return simple("unsupported " + text("what") + " " + text("name"));
        case Kind::footer: footer_ = event; return std::nullopt;
        default: return std::nullopt;
    }
}

std::optional<Step> StorySteps::next() {
    while (const std::optional<Event> event = input_.next()) {
        if (watcher_) watcher_();
        if (footer_) input_.refuse(input_.reader().line(), "something stands behind the footer");
        std::optional<Step> step = stepOf(*event);
        if (!belongs(*event) || !step || task(event->pid).fault) continue;
        step->pid = event->pid;
        step->insn = event->insn;
        step->line = input_.reader().line();
        step->key += " " + std::to_string(event->pid);
        step->hash = traces::xxh64(step->key.data(), step->key.size());
        const bool began = event->kind == Kind::call || event->kind == Kind::sys_enter;
        const auto& frames = task(event->pid).frames;
        if (frames.size() > began) step->caller = sameFunction(frames[frames.size() - 1 - began]);
        return step;
    }
    return std::nullopt;
}

}  // namespace emu
