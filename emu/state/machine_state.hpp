// The hash of the running machine's state, computed from the machine itself (docs/trace-format.md, "State hashes").
#pragma once

#include "cpu/state.hpp"
#include "traces/state_hash.hpp"

#include <map>

namespace emu {

// What is known of a task's registers outside the kernel: those with which it last entered user mode or, when instructions are
// recorded, left it. By serial number of its task_struct.
struct UserRegisters {
    cpu::Registers registers;
    std::string mm;             // its address space then
};
using RegistersOfTasks = std::map<u32, UserRegisters>;

traces::StateHash machineState(u32 parts, const RegistersOfTasks& registers);

}  // namespace emu
