#include "emu/verify/nesting.hpp"

#include "kernel_model/include/version/version.hpp"
#include "traces/traced_function.hpp"

#include <algorithm>

namespace emu {

using traces::Event;

namespace {

constexpr std::size_t deepest = 4096;

// What opens its scope itself, what never returns, and the allocations that --inject makes fail.
constexpr const char* others[] = {"start_kernel", "panic", "kernel_read", "get_random_bytes", "cpu_startup_entry", "do_exit", "do_group_exit",
                                  "kmalloc", "kzalloc", "kmem_cache_alloc", "alloc_page"};

// A file of another version of the kernel than this one.
bool isForeign(std::string_view file, const std::string& profile) {
    for (const std::string_view other : {"v3_10", "v6_1"}) {
        std::string name(other);
        std::ranges::replace(name, '_', '.');
        if (name != profile && file.find("/" + std::string(other) + "/") != std::string_view::npos) return true;
    }
    return false;
}

// Steps that only one function takes: those of fork, exec and task switches.
struct Step {
    std::string_view callee, caller;
};
constexpr Step steps[] = {
    {"copy_process", "do_fork"},        {"copy_process", "kernel_clone"},  {"dup_task_struct", "copy_process"},
    {"copy_files", "copy_process"},     {"copy_fs", "copy_process"},       {"copy_sighand", "copy_process"},
    {"copy_signal", "copy_process"},    {"copy_mm", "copy_process"},       {"copy_thread", "copy_process"},
    {"dup_mm", "copy_mm"},              {"wake_up_new_task", "do_fork"},   {"wake_up_new_task", "kernel_clone"},
    {"sys_exit_group", ""},                {"__x64_sys_exit_group", ""},
    {"__schedule", "schedule"},            {"__schedule", "do_task_dead"},
    {"flush_old_exec", "load_elf_binary"}, {"begin_new_exec", "load_elf_binary"},
};

bool fits(std::string_view callee, std::string_view caller) {
    if (callee == "do_group_exit" && caller == "do_exit") return false;
    bool named = false;
    for (const Step& step : steps) {
        if (step.callee != callee) continue;
        named = true;
        if (step.caller == caller) return true;
    }
    return !named;
}

// A listening socket that is closed closes those that wait in it.
bool callsItself(std::string_view function) { return function == "unix_release_sock"; }

}  // namespace

Nesting::Nesting(const std::string& profile) : functions_(std::begin(others), std::end(others)) {
    const kernel::Version* version = kernel::findVersion(profile);
    demand(version, "there is no profile " + profile);
    kernel::setVersion(*version);
    for (const traces::TracedFunction* function : traces::tracedFunctions())
        if (!isForeign(function->file, profile)) functions_.emplace(function->label());
    if (profile != "v3.10") functions_.emplace("do_task_dead");
}

Nesting::Open& Nesting::stackOf(const Event& event) { return textOf(event, "function") == "__switch_to" ? switching_ : open_[event.pid]; }

void Nesting::call(const Event& event) {
    const std::string& function = textOf(event, "function");
    if (!functions_.contains(function)) throw Problem("the kernel of this profile has no function " + function);
    if (!switching_.calls.empty()) throw Problem(function + " is called in the middle of a task switch");
    Open& open = stackOf(event);
    if (open.calls.size() >= deepest) throw Problem("more than " + std::to_string(deepest) + " calls inside each other");
    const std::string_view caller = open.calls.empty() ? std::string_view() : open.calls.back();
    if (!fits(function, caller)) throw Problem(function + " is not called by " + (caller.empty() ? "nobody" : open.calls.back()));
    if (caller == function && !callsItself(function)) throw Problem(function + " does not call itself");
    open.calls.push_back(function);
}

void Nesting::ret(const Event& event) {
    Open& open = stackOf(event);
    const std::string& function = textOf(event, "function");
    if (!switching_.calls.empty() && &open != &switching_) throw Problem(function + " returns in the middle of a task switch");
    if (open.calls.empty() || open.calls.back() != function)
        throw Problem(function + " returns, but " + (open.calls.empty() ? "nothing" : open.calls.back()) + " was called last");
    open.calls.pop_back();
}

void Nesting::local(const Event& event) const {
    const auto open = open_.find(event.pid);
    demand(open != open_.end() && !open->second.calls.empty(), "a local variable of no call");
}

void Nesting::enter(const Event& event) {
    Open& open = open_[event.pid];
    demand(open.system_call < 0, "a system call inside system call " + std::to_string(open.system_call));
    open.system_call = countOf(event, "nr");
    demand(open.system_call >= 0, "a system call without a number");
}

// A new task leaves the call that its parent has entered.
void Nesting::exit(const Event& event) {
    Open& open = open_[event.pid];
    const i64 nr = countOf(event, "nr");
    demand(open.system_call == nr || open.system_call == -1,
           "system call " + std::to_string(nr) + " ends inside " + std::to_string(open.system_call));
    open.system_call = -2;          // none, and the task is no new one
}

void Nesting::born(i64 pid, i64 parent) {
    const auto at = open_.find(parent);
    const i64 system_call = at == open_.end() ? -1 : std::max<i64>(at->second.system_call, -1);
    open_[pid] = {{}, system_call};
}

void Nesting::renumbered(i64 before, i64 now) {
    Open moved = std::move(open_[before]);
    open_.erase(before);
    open_[now] = std::move(moved);
}

}  // namespace emu
