#include "emu/verify/tasks.hpp"

#include "emu/state/registers.hpp"

#include <algorithm>

namespace emu {

using traces::Event;
using traces::Part;
using traces::Value;

std::optional<i64> FoldedTasks::task(const Event& event, const FoldedObjects& objects) {
    const ObjectName name = objectOf(event, "task");
    demand(name.type == "task_struct", name.text() + " is no task");
    const i64 pid = countOf(event, "task_pid");
    for (const auto& [field, attribute] : {std::pair("pid", "task_pid"), {"tgid", "tgid"}, {"comm", "comm"}}) {
        const Value* value = objects.field(name, field);
        demand(!value || *value == attr(event, attribute), name.text() + "." + field + " is " + (value ? shown(*value) : ""));
    }
    const bool fresh = !tasks_.contains(name);
    FoldedTask& task = tasks_[name];
    const i64 before = task.number;
    if (const ObjectName* former = find(before); former && *former == name) numbers_.erase(before);
    task.number = task.pid = pid;
    task.tgid = countOf(event, "tgid");
    task.comm = textOf(event, "comm");
    numbers_[pid] = name;
    return fresh || before == pid ? std::nullopt : std::optional(before);
}

void FoldedTasks::changed(const Event& event) {
    const std::string &object = textOf(event, "object"), &field = textOf(event, "field");
    if (!object.starts_with("task_struct#")) return;
    const auto task = tasks_.find(objectName(object));
    if (task == tasks_.end()) return;
    const Value& value = attr(event, "new");
    if (field == "comm") task->second.comm = value.string;
    else if (field == "tgid") task->second.tgid = value.asCount();
    else if (field == "pid") task->second.pid = value.asCount();
}

namespace {

// Where the kernel keeps a task's registers: fields of its task_struct that change when it enters the kernel.
std::string_view registerIn(std::string_view field) {
    constexpr std::pair<std::string_view, std::string_view> kept[] = {
        {"regs.ax", "rax"}, {"regs.bx", "rbx"}, {"regs.cx", "rcx"}, {"regs.dx", "rdx"}, {"regs.si", "rsi"}, {"regs.di", "rdi"},
        {"regs.bp", "rbp"}, {"regs.sp", "rsp"}, {"regs.r8", "r8"}, {"regs.r9", "r9"}, {"regs.r10", "r10"}, {"regs.r11", "r11"},
        {"regs.r12", "r12"}, {"regs.r13", "r13"}, {"regs.r14", "r14"}, {"regs.r15", "r15"}, {"regs.ip", "rip"}, {"regs.flags", "rflags"},
        {"regs.cs", "cs"}, {"regs.ss", "ss"}, {"thread.ds", "ds"}, {"thread.es", "es"}, {"thread.fsindex", "fs"}, {"thread.gsindex", "gs"},
        {"thread.fs", "fs_base"}, {"thread.gs", "gs_base"}, {"thread.pkru", "pkru"}, {"thread.fpu.mxcsr", "mxcsr"},
        {"thread.fpu.cwd", "x87_control"}, {"thread.fpu.swd", "x87_status"}, {"thread.fpu.twd", "x87_tags"},
    };
    const auto* at = std::ranges::find(kept, field, &std::pair<std::string_view, std::string_view>::first);
    return at == std::end(kept) ? "" : at->second;
}

}  // namespace

std::optional<Value> FoldedTasks::saved(const Event& event) const {
    const std::string_view name = registerIn(textOf(event, "field"));
    if (name.empty()) return std::nullopt;
    const auto task = tasks_.find(objectOf(event, "object"));
    if (task == tasks_.end() || !task->second.in_user_mode) return attr(event, "old");      // not known: no instructions
    return registerValue(task->second.registers, name);
}

void FoldedTasks::freed(const ObjectName& name) {
    const auto task = tasks_.find(name);
    if (task == tasks_.end()) return;
    if (const auto number = numbers_.find(task->second.number); number != numbers_.end() && number->second == name) numbers_.erase(number);
    demand(std::ranges::find(queue_, name.text()) == queue_.end(), name.text() + " can still run");
    tasks_.erase(task);
}

const ObjectName* FoldedTasks::find(i64 pid) const {
    const auto number = numbers_.find(pid);
    return number == numbers_.end() ? nullptr : &number->second;
}

void FoldedTasks::checkName(i64 pid, const std::string& comm) const {
    demand(pid != 0 || comm == "swapper", "pid 0 is called swapper");
    const ObjectName* name = find(pid);
    demand(!name || tasks_.at(*name).comm == comm,
           "pid " + std::to_string(pid) + " is called " + (name ? tasks_.at(*name).comm : "") + ", not " + comm);
}

void FoldedTasks::met(const Event& event) {
    const ObjectName name = objectOf(event, "task");
    FoldedTask& task = tasks_[name];
    if (const ObjectName* former = find(task.number); former && *former == name) numbers_.erase(task.number);
    task.number = task.pid = event.pid;
    numbers_[event.pid] = name;
}

void FoldedTasks::registers(const Event& event) {
    const ObjectName name = objectOf(event, "task");
    const ObjectName* running = find(event.pid);
    demand(running && *running == name, name.text() + " does not run");
    FoldedTask& task = tasks_.at(name);
    if (const Value* mm = event.find("mm"); mm && mm->type == Value::Type::text) task.mm = objectName(mm->string);
    const Value& regs = attr(event, "regs");
    for (std::size_t i = 0; i < regs.keys.size(); ++i)
        demand(setRegister(task.registers, regs.keys[i], regs.items[i]),
               "'" + regs.keys[i] + "' is no register, or " + shown(regs.items[i]) + " no value of one");
    task.in_user_mode = true;
    demand(hashOfRegisters(task.registers) == hexOf(event, "hash"), "the registers were not what the events made of them");
}

FoldedTask& FoldedTasks::user(const Event& event) {
    const ObjectName* name = find(event.pid);
    if (const auto task = name ? tasks_.find(*name) : tasks_.end(); task != tasks_.end() && task->second.in_user_mode) return task->second;
    throw Problem("pid " + std::to_string(event.pid) + " is not in user mode");
}

void FoldedTasks::systemCall(const Event& event) const {
    const ObjectName* name = find(event.pid);
    if (!name || !tasks_.at(*name).in_user_mode) return;
    const u64* r = tasks_.at(*name).registers.gpr;
    const u64 arguments[] = {r[cpu::RDI], r[cpu::RSI], r[cpu::RDX], r[cpu::R10], r[cpu::R8], r[cpu::R9]};
    demand(r[cpu::RAX] == static_cast<u64>(countOf(event, "nr")), "rax is " + shownHex(r[cpu::RAX]));
    const Value& raw = attr(event, "raw");
    for (std::size_t i = 0; i < raw.items.size(); ++i)
        demand(i < std::size(arguments) && raw.items[i].number == arguments[i],
               "argument " + std::to_string(i + 1) + " is not what its register says");
}

void FoldedTasks::checkAddress(const Event& event) const {
    const ObjectName* name = find(event.pid);
    demand(name && tasks_.at(*name).registers.rip == hexOf(event, "ip"), "the task was not at " + shown(attr(event, "ip")));
}

void FoldedTasks::instruction(const Event& event) {
    FoldedTask& task = user(event);
    if (hexOf(event, "address") != task.registers.rip)
        throw Problem("the next instruction of pid " + std::to_string(event.pid) + " is at " + shownHex(task.registers.rip));
    if (!rerun_) return apply(task, event);
    demand(task.mm.has_value(), "the task has no memory");
    rerun_->compare(event, *task.mm, task.registers);
}

void FoldedTasks::apply(FoldedTask& task, const Event& event) {
    if (!isPart(event)) task.registers.rip += textOf(event, "bytes").size() / 2;
    const Value& regs = attr(event, "regs");
    for (std::size_t i = 0; i < regs.keys.size(); ++i)
        demand(setRegister(task.registers, regs.keys[i], regs.items[i]),
               "'" + regs.keys[i] + "' is no register, or " + shown(regs.items[i]) + " no value of one");
}

void FoldedTasks::switched(const Event& event) {
    checkName(countOf(event, "prev_pid"), textOf(event, "prev_comm"));
    checkName(countOf(event, "next_pid"), textOf(event, "next_comm"));
}

void FoldedTasks::queue(const Event& event) {
    const std::string &op = textOf(event, "op"), &task = textOf(event, "task");
    const u64 place = static_cast<u64>(countOf(event, "place"));
    demand(op == "add" || op == "remove", "a task is added or removed");
    if (op == "add") {
        demand(place <= queue_.size() && std::ranges::find(queue_, task) == queue_.end(),
               task + " cannot come into the queue at this place");
        queue_.insert(queue_.begin() + static_cast<std::ptrdiff_t>(place), task);
    } else {
        demand(place < queue_.size() && queue_[place] == task, task + " is not at this place of the queue");
        queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(place));
    }
}

void FoldedTasks::hash(traces::StateHash& state) const {
    for (const auto& [name, task] : tasks_) {
        const std::string text = name.text();
        state.line(Part::tasks, traces::taskLine(text, task.pid, task.tgid, task.comm));
        if (task.in_user_mode) state.line(Part::registers, traces::registersLine(text, hashOfRegisters(task.registers)));
    }
    for (const std::string& task : queue_) state.line(Part::run_queue, task);
}

}  // namespace emu
