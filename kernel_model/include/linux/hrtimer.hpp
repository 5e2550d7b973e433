// Timers on virtual time (Linux include/linux/hrtimer.h): kernel/hrtimer.cpp.
#pragma once

#include "kernel_model/include/linux/types.hpp"

namespace kernel {

struct hrtimer {
    u64 expires = 0;                        // virtual nanoseconds since boot
    u64 order = 0;                          // of starting: timers of one instant fire in this order
    bool queued = false;
    void (*function)(hrtimer*) = nullptr;   // runs once, with the timer no longer queued
    void* data = nullptr;
    hrtimer() = default;
    ~hrtimer();
    hrtimer(const hrtimer&) = delete;
    hrtimer& operator=(const hrtimer&) = delete;
};
void hrtimer_start(hrtimer*, u64 expires);
bool hrtimer_cancel(hrtimer*);              // true when it was queued
u64 nextTimerExpiry();                      // of the earliest, or the largest u64
u64 nextTimerInstruction();                 // the same as a count of instructions
void runExpiredTimers();
void jumpVirtualTime(u64 to);               // nobody runs until then

}  // namespace kernel
