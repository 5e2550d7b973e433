// Linux kernel/hrtimer.c, and virtual time: one instruction takes one nanosecond, and when every task sleeps the clock
// jumps to the next timer. So time depends on the guest alone.
#include "kernel_model/include/linux/hrtimer.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/machine.hpp"

#include <set>

namespace kernel {
namespace {

struct Earlier {
    bool operator()(const hrtimer* a, const hrtimer* b) const {
        return a->expires != b->expires ? a->expires < b->expires : a->order < b->order;
    }
};
std::set<hrtimer*, Earlier>& timers() {
    static auto& set = *new std::set<hrtimer*, Earlier>;
    return set;
}
u64 jumped = 0;             // nanoseconds that passed without an instruction
u64 started = 0;
u64 earliest = ~u64{0};

void noteEarliest() { earliest = timers().empty() ? ~u64{0} : (*timers().begin())->expires; }

}  // namespace

u64 ktime_get() { return (machine().cpu ? processor().instructions() : 0) + jumped; }
u64 ktime_get_real() { return static_cast<u64>(machine().boot.epoch_ns) + ktime_get(); }

hrtimer::~hrtimer() { hrtimer_cancel(this); }

void hrtimer_start(hrtimer* timer, u64 expires) {
    hrtimer_cancel(timer);
    timer->expires = expires;
    timer->order = started++;
    timer->queued = true;
    timers().insert(timer);
    noteEarliest();
}

bool hrtimer_cancel(hrtimer* timer) {
    if (!timer->queued) return false;
    timers().erase(timer);
    timer->queued = false;
    noteEarliest();
    return true;
}

u64 nextTimerExpiry() { return earliest; }

u64 nextTimerInstruction() { return earliest == ~u64{0} ? earliest : earliest > jumped ? earliest - jumped : 0; }

void runExpiredTimers() {
    while (earliest <= ktime_get()) {
        hrtimer* timer = *timers().begin();
        hrtimer_cancel(timer);
        timer->function(timer);
    }
}

void jumpVirtualTime(u64 to) {
    if (const u64 now = ktime_get(); to > now) jumped += to - now;
}

}  // namespace kernel
