// Writes the state of the machine into its trace: the registers that the kernel changes, and hashes of everything.
#pragma once

#include "emu/state/machine_state.hpp"
#include "kernel_model/include/user_mode.hpp"

namespace emu {

// seldom: when a task was made, execs or ends, and every so many instructions. always: at every entry to user mode.
enum class Checkpoints : u8 { never, seldom, always };

class StateRecorder final : public kernel::UserModeWatcher {
public:
    // `whole`: kinds of which no event is missing, up to a `truncated`.
    StateRecorder(Checkpoints when, u64 whole);
    ~StateRecorder() override;
    StateRecorder(const StateRecorder&) = delete;
    StateRecorder& operator=(const StateRecorder&) = delete;

    void entering() override;
    void left() override;
    u64 checkpoint();                               // emits one now and returns its hash

private:
    void showRegisters();
    bool due();

    static constexpr u64 interval = 10'000'000;     // instructions
    Checkpoints when_;
    u64 whole_;
    RegistersOfTasks registers_;
    u64 next_ = interval;
    u64 turns_ = 0;                                 // forks, execs and exits that were in a checkpoint
};

}  // namespace emu
