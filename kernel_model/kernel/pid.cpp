// Linux kernel/pid.c, one pid namespace.
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/version/process.hpp"

#include <algorithm>
#include <array>

namespace kernel {
namespace {

constexpr int PID_MAX_DEFAULT = 32768, RESERVED_PIDS = 300;
std::array<pid*, PID_MAX_DEFAULT> pid_hash{};
std::array<bool, PID_MAX_DEFAULT> pidmap{true};     // pid 0 is reserved (pidmap_init)
int last_pid = 0;

}  // namespace

TaskList& tasksList() {
    static auto& list = *new TaskList;
    return list;
}
const TaskList& all_tasks() { return tasksList(); }

traces::Value traceValue(pid_type type) { return traces::Value::count(version().process.pidTypes[type]); }

pid* find_vpid(int nr) { return nr > 0 && nr < PID_MAX_DEFAULT ? pid_hash[static_cast<std::size_t>(nr)] : nullptr; }

task_struct* find_task_by_vpid(pid_t nr) {
    pid* number = find_vpid(nr);
    return number && !number->tasks[PIDTYPE_PID].empty() ? number->tasks[PIDTYPE_PID].front() : nullptr;
}
task_struct* child_reaper() { return find_task_by_vpid(1); }

// The number after the last one given out; behind pid_max it goes on at 300.
int nextPidNumber() {
    for (int tried = 0, nr = last_pid + 1; tried < PID_MAX_DEFAULT; ++tried, ++nr) {
        if (nr >= PID_MAX_DEFAULT) nr = RESERVED_PIDS;
        if (pidmap[static_cast<std::size_t>(nr)]) continue;
        return last_pid = nr;
    }
    return -1;
}

pid* newPid(int nr) {
    if (nr <= 0 || nr >= PID_MAX_DEFAULT || pidmap[static_cast<std::size_t>(nr)]) return nullptr;
    pidmap[static_cast<std::size_t>(nr)] = true;
    auto* number = new pid;
    number->nr = nr;
    number->count = 1;
    pid_hash[static_cast<std::size_t>(nr)] = number;
    return number;
}

void put_pid(pid* number) {
    if (number && --number->count == 0) delete number;
}

TRACED(void, free_pid, (pid*, pid)) {
    pid_hash[static_cast<std::size_t>(pid->nr)] = nullptr;
    pidmap[static_cast<std::size_t>(pid->nr)] = false;
    put_pid(pid);
}

TRACED(void, attach_pid, (task_struct*, task), (pid_type, type), (pid*, pid)) {
    task->pids[type] = pid;
    if (pid) pid->tasks[type].push_back(task);
}

static void __change_pid(task_struct* task, pid_type type, pid* fresh) {
    pid* old = std::exchange(task->pids[type], fresh);
    if (!old) return;
    old->tasks[type].remove(task);
    if (std::ranges::all_of(old->tasks, [](const auto& users) { return users.empty(); })) free_pid(old);
}
TRACED(void, detach_pid, (task_struct*, task), (pid_type, type)) { __change_pid(task, type, nullptr); }
TRACED(void, change_pid, (task_struct*, task), (pid_type, type), (pid*, pid)) {
    __change_pid(task, type, pid);
    attach_pid(task, type, pid);
}

// Used by exec in a thread: the new leader takes the old leader's place (de_thread).
TRACED(void, transfer_pid, (task_struct*, from), (task_struct*, to), (pid_type, type)) {
    to->pids[type] = from->pids[type];
    from->pids[type]->tasks[type].replace(from, to);
}

}  // namespace kernel
