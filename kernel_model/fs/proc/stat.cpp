// What the machine has done since boot (Linux fs/proc/stat.c, uptime.c, loadavg.c; proc(5)).
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/counts.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr u64 SECOND = 1'000'000'000, JIFFY = 10'000'000;
unsigned long long ull(u64 n) { return n; }

// One instruction is one nanosecond; the rest of the time, nobody could run.
struct Times { u64 busy, idle; };
Times times() {
    const u64 now = ktime_get(), busy = std::min(now, processor().instructions());
    return {busy, now - busy};
}

u64 running() {
    u64 n = current == &init_task ? 0 : 1;
    n += runqueue.queue.size();
    for (const auto& [prio, tasks] : runqueue.real_time) n += tasks.size();
    return n;
}
u64 blocked() {
    u64 n = 0;
    for (const task_struct* leader : all_tasks())
        for (const task_struct* t : leader->thread_group) n += t->state == TASK_UNINTERRUPTIBLE;
    return n;
}
pid_t lastPid() {
    pid_t last = 0;
    for (const task_struct* leader : all_tasks())
        for (const task_struct* t : leader->thread_group) last = std::max(last, t->pid.get());
    return last;
}

}  // namespace

Result<std::string> showUptime(task_struct*) {
    const u64 now = ktime_get(), idle = times().idle;
    return format("%llu.%02llu %llu.%02llu\n", ull(now / SECOND), ull(now % SECOND / JIFFY), ull(idle / SECOND),
                  ull(idle % SECOND / JIFFY));
}

Result<std::string> showLoadavg(task_struct*) {
    return format("0.00 0.00 0.00 %llu/%d %d\n", ull(running()), nr_threads, lastPid());
}

Result<std::string> showStat(task_struct*) {
    const Times t = times();
    std::string s;
    for (const char* name : {"cpu ", "cpu0"}) s += format("%s %llu 0 0 %llu 0 0 0 0 0 0\n", name, ull(t.busy / JIFFY), ull(t.idle / JIFFY));
    s += format("intr 0\nctxt %llu\nbtime %lld\nprocesses %d\nprocs_running %llu\nprocs_blocked %llu\n", ull(kernel_counts.context_switches),
                static_cast<long long>(machine().boot.epoch_ns / static_cast<i64>(SECOND)), lastPid(), ull(running()), ull(blocked()));
    return s + "softirq 0 0 0 0 0 0 0 0 0 0 0\n";
}

}  // namespace kernel
