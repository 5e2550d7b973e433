// What the kernel has done since boot, for `run --stats` and reports (ours).
#pragma once

#include "traces/types.hpp"

namespace kernel {

struct KernelCounts {
    u64 syscalls = 0, page_faults = 0, context_switches = 0;
    bool out_of_memory = false;             // a process was killed for its memory
};
extern KernelCounts kernel_counts;
u64 usedFrames();                           // mm/page_alloc.cpp: frames of 4 KiB that were in use at any time

}  // namespace kernel
