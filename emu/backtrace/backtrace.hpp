// Who called whom when a task of the guest was stopped: return addresses with the functions they lie in.
#pragma once

#include "emu/backtrace/frame_table.hpp"
#include "kernel_model/include/linux/sched.hpp"

#include <string>
#include <vector>

namespace emu {

// How a frame was found: the task's own registers, call frame information of the frame below it, its saved frame pointer, or,
// where a call led to no code at all, the top of the stack.
enum class FoundBy : u8 { registers, eh_frame, frame_pointer, top_of_stack };

struct BacktraceFrame {
    u64 address = 0;                // of the innermost frame's instruction; then return addresses
    std::string module;             // guest path, or empty
    u64 module_offset = 0;          // the address as the module's own file counts (addr2line takes it)
    std::string symbol;             // or empty
    u64 symbol_offset = 0;
    FoundBy found_by = FoundBy::registers;
};
struct Backtrace {
    std::vector<BacktraceFrame> frames;     // innermost first
    bool cut = false;                       // there are more
};

constexpr std::size_t MOST_FRAMES = 100;

// Of a task that is in the kernel, with its memory: reads only.
Backtrace backtraceOf(const kernel::task_struct*);

}  // namespace emu
