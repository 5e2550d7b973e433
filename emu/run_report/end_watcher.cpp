#include "emu/run_report/end_watcher.hpp"

#include "emu/exec_failure.hpp"

#include <algorithm>

namespace emu {

namespace {

std::string stateOf(const kernel::task_struct* task) {
    if (task->exit_state.get() || task->flags & kernel::PF_EXITING) return "ending";
    const u64 state = task->state;
    if (state & kernel::__TASK_STOPPED) return "stopped";
    return state == kernel::TASK_RUNNING ? "running" : "sleeping";
}

}  // namespace

TaskPicture pictureOf(const kernel::task_struct* task) {
    TaskPicture picture;
    picture.pid = task->tgid;
    picture.tid = task->pid;
    picture.comm = task->comm;
    picture.state = stateOf(task);
    picture.registers = task->regs;
    if (static_cast<i64>(task->regs.orig_ax) >= 0) picture.call = task->regs.orig_ax;
    picture.backtrace = backtraceOf(task);
    return picture;
}

std::vector<TaskPicture> picturesOfAll(std::size_t most) {
    std::vector<TaskPicture> all;
    for (const kernel::task_struct* leader : kernel::all_tasks())
        for (const kernel::task_struct* task : leader->thread_group)
            if (task->pid > 1 && task->mm.get() && all.size() < most) all.push_back(pictureOf(task));
    return all;
}

void EndWatcher::killed(const kernel::kernel_siginfo& info) {
    const kernel::task_struct* task = kernel::current_task;
    const auto same = [task](const Killed& k) { return k.task.pid == task->tgid; };
    if (std::ranges::any_of(killed_, same)) return;
    if (killed_.size() >= MOST_KILLED && task->tgid != MAIN_PID) return;
    Killed one{info, 0, pictureOf(task)};
    if (info.si_code > 0) one.trap = task->thread.trap_nr;
    killed_.push_back(std::move(one));
}

void EndWatcher::exits(int) {
    if (kernel::current_task->tgid == MAIN_PID && !exit_) exit_ = pictureOf(kernel::current_task);
}

const Killed* EndWatcher::mainKilled() const {
    const auto found = std::ranges::find(killed_, MAIN_PID, [](const Killed& k) { return k.task.pid; });
    return found == killed_.end() ? nullptr : &*found;
}

}  // namespace emu
