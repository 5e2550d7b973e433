#include "emu/tools/call_walker.hpp"

#include "emu/tools/text.hpp"

#include <algorithm>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;

CallWalker::CallWalker() { task(0).comm = "swapper"; }

CallWalker::Task& CallWalker::task(int pid) {
    const auto known = tasks_.find(pid);
    if (known != tasks_.end()) return known->second;
    if (tasks_.size() == mostTasks) throw TraceProblem("more than " + std::to_string(mostTasks) + " tasks at once");
    return tasks_.emplace(pid, Task{pid, pid, "?", {}}).first->second;
}

void CallWalker::unwind(Task& task, std::size_t level) {
    while (task.frames.size() > level) {
        const Frame frame = std::move(task.frames.back());
        task.frames.pop_back();
        closed(task, frame, nullptr);
    }
}

void CallWalker::learn(const Event& event) {
    const auto name = [&](std::string_view pid, std::string_view comm) {
        if (const Value* text = event.find(comm)) task(static_cast<int>(count(event, pid))).comm = text->string;
    };
    if (event.kind == Kind::task) {
        name("task_pid", "comm");
        task(static_cast<int>(count(event, "task_pid"))).tgid = static_cast<int>(count(event, "tgid"));
    }
    if (event.kind == Kind::sched_switch) {
        name("prev_pid", "prev_comm"), name("next_pid", "next_comm");
        const std::string state = showText(event, "prev_state");
        if (state == "X" || state == "Z") dead_ = static_cast<int>(count(event, "prev_pid"));
    }
    if (event.kind != Kind::sched_process_fork) return;
    name("parent_pid", "parent_comm");
    Task& child = task(static_cast<int>(count(event, "child_pid")));
    unwind(child, 0);           // its number may have been a dead task's
    died(child);
    name("child_pid", "child_comm");
}

// Frames above the one that ends died without a return.
void CallWalker::close(Task& task, const Event& event, bool syscall) {
    const Value* name = event.find(syscall ? "name" : "function");
    const auto at = std::find_if(task.frames.rbegin(), task.frames.rend(),
                                 [&](const Frame& f) { return name && f.syscall == syscall && f.name == name->string; });
    if (at == task.frames.rend()) return other(task, event);      // begun before the trace, or in another task: __switch_to
    unwind(task, static_cast<std::size_t>(task.frames.rend() - at));
    const Frame frame = std::move(task.frames.back());
    task.frames.pop_back();
    closed(task, frame, &event);
}

void CallWalker::event(const Event& event) {
    if (dead_ >= 0 && event.pid != dead_) {
        unwind(task(dead_), 0);
        died(task(dead_));
        tasks_.erase(dead_);
        dead_ = -1;
    }
    now_.seq = event.seq;
    now_.insn = event.insn;
    learn(event);
    Task& current = task(event.pid);
    const bool syscall = event.kind == Kind::sys_enter || event.kind == Kind::sys_exit;
    if (event.kind == Kind::call || event.kind == Kind::sys_enter) {
        if (current.frames.size() == deepest) throw TraceProblem("calls are nested deeper than " + std::to_string(deepest));
        const Value* name = event.find(syscall ? "name" : "function");
        current.frames.push_back({name ? name->string : "?", syscall, event.seq, event.insn});
        opened(current, event);
    } else if (event.kind == Kind::ret || event.kind == Kind::sys_exit) {
        close(current, event, syscall);
    } else {
        other(current, event);
    }
}

void CallWalker::finish() {
    for (auto& [pid, task] : tasks_) unwind(task, 0);
}

}  // namespace emu
