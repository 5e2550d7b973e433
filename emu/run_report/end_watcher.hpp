// Remembers how processes of the guest ended, with their registers and who called whom.
#pragma once

#include "emu/backtrace/backtrace.hpp"
#include "kernel_model/include/guest_end.hpp"
#include "kernel_model/include/linux/sched.hpp"

#include <optional>

namespace emu {

struct TaskPicture {
    int pid = 0, tid = 0;
    std::string comm;
    std::string state;              // running, sleeping, stopped, ending
    u64 call = ~u64{0};             // number of the system call that it is in; ~0: none
    kernel::pt_regs registers{};
    Backtrace backtrace;
};
TaskPicture pictureOf(const kernel::task_struct*);
// What runs or sleeps when the machine has ended, without our init: `most` at most.
std::vector<TaskPicture> picturesOfAll(std::size_t most);

struct Killed {
    kernel::kernel_siginfo info;
    u64 trap = 0;                   // exception vector, where the processor raised it
    TaskPicture task;
};

class EndWatcher final : public kernel::EndListener {
public:
    EndWatcher() { kernel::end_listener = this; }
    ~EndWatcher() override { kernel::end_listener = nullptr; }
    EndWatcher(const EndWatcher&) = delete;
    EndWatcher& operator=(const EndWatcher&) = delete;

    void killed(const kernel::kernel_siginfo&) override;
    void exits(int code) override;

    const std::vector<Killed>& all() const { return killed_; }          // in order, MOST_KILLED at most and the user's program
    const Killed* mainKilled() const;                                   // the user's program, or null
    const std::optional<TaskPicture>& mainExit() const { return exit_; }

private:
    static constexpr std::size_t MOST_KILLED = 100;
    std::vector<Killed> killed_;
    std::optional<TaskPicture> exit_;
};

}  // namespace emu
