// Linux kernel/time/posix-cpu-timers.c: timers on cpu time. Only user mode takes time, one nanosecond an instruction, so the
// next expiry is a number of instructions of whoever runs.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/kernel/posix-timers.hpp"
#include "kernel_model/kernel/signal.hpp"

#include <algorithm>
#include <map>

namespace kernel {

static const task_struct* threadOf(const k_itimer* t) {
    const task_struct* thread = find_task_by_vpid(t->clock_tid);
    return thread && thread->sighand.get() ? thread : nullptr;
}
u64 cpuTimerNow(const k_itimer* t) {
    const task_struct* p = threadOf(t);
    if (!p) return 0;
    return isThreadClock(t->it_clock) ? cpuTimeOfThread(p) : cpuTimeOfProcess(p);
}
static bool runsFor(const k_itimer* t, const task_struct* task) {
    if (!t->expires || !isCpuClock(t->it_clock) || (t->requeue_pending & 1)) return false;
    return isThreadClock(t->it_clock) ? t->clock_tid == task->pid : threadOf(t) && same_thread_group(threadOf(t), task);
}

static u64 rlimitExpiry() {
    const rlimit& limit = current->signal->rlim[RLIMIT_CPU];
    return limit.rlim_cur < RLIM_INFINITY / NSEC_PER_SEC ? std::max<u64>(limit.rlim_cur, 1) * NSEC_PER_SEC : ~u64{0};
}

// What a real-time task has run for since it last slept (Linux sched_rt_entity.timeout), of those that have a limit of that.
struct RunSince { u64 started, sleeps, cpu_time; };
static u64 runSinceSleep() {
    static auto& all = *new std::map<pid_t, RunSince>;
    const u64 now = cpuTimeOfThread(current);
    RunSince& since = all[current->pid];
    if (since.started != current->start_time || since.sleeps != current->nvcsw) since = {current->start_time, current->nvcsw, now};
    return now - since.cpu_time;
}
static u64 realTimeLimit() {                // nanoseconds
    constexpr u64 microsecond = 1000;
    const rlimit& limit = current->signal->rlim[RLIMIT_RTTIME];
    if (limit.rlim_cur == RLIM_INFINITY || !current->rt_priority) return ~u64{0};
    return std::min({limit.rlim_cur, limit.rlim_max, RLIM_INFINITY / microsecond}) * microsecond;
}

// posix_cputimers_rt_watchdog; getrlimit(2), RLIMIT_RTTIME, in microseconds: as RLIMIT_CPU, for the thread.
static void check_rttime() {
    rlimit& limit = current->signal->rlim[RLIMIT_RTTIME];
    const u64 end = realTimeLimit(), used = end == ~u64{0} ? 0 : runSinceSleep();
    if (used < end) return;
    const bool hard = used / 1000 >= limit.rlim_max;
    if (!hard) limit.rlim_cur += 1'000'000;
    const int signal = hard ? SIGKILL : SIGXCPU;
    do_send_sig_info(signal, kernelSiginfo(signal), current, false);
}

static u64 nextOfProcess() {
    const signal_struct* sig = current->signal;
    const u64 limit = rlimitExpiry();
    if (limit == ~u64{0} && !sig->it[0].expires && !sig->it[1].expires && sig->posix_timers.empty()) return ~u64{0};
    const u64 used = cpuTimeOfProcess(current);
    const auto until = [](u64 expires, u64 now) { return expires > now ? expires - now : 0; };
    u64 next = limit == ~u64{0} ? limit : until(limit, used);
    for (const cpu_itimer& it : sig->it)
        if (it.expires) next = std::min(next, until(it.expires, used));
    for (const auto& t : sig->posix_timers)
        if (runsFor(t.get(), current)) next = std::min(next, until(t->expires, cpuTimerNow(t.get())));
    return next;
}

u64 nextCpuTimer() {
    const u64 limit = realTimeLimit();
    const u64 left = limit == ~u64{0} ? limit : limit - std::min(limit, runSinceSleep());
    return std::min(left, nextOfProcess());
}

static void cpu_timer_fire(k_itimer* t) {
    if (t->interval) ++t->requeue_pending;
    const bool sent = (t->notify & ~4) == 1 || fireTimer(t);        // SIGEV_NONE
    if (!t->interval) {
        t->expires = 0;
    } else if (!sent) {
        forwardTimer(t);
        ++t->requeue_pending;
    }
}

static void check_cpu_itimer(cpu_itimer* it, int sig, u64 used) {
    if (!it->expires || used < it->expires) return;
    const u64 periods = it->incr ? (used - it->expires) / it->incr + 1 : 0;
    it->expires = it->incr ? it->expires + periods * it->incr : 0;
    do_send_sig_info(sig, kernelSiginfo(sig), current->group_leader, true);
}

// getrlimit(2), RLIMIT_CPU: SIGXCPU at the soft limit and every second from then on, SIGKILL at the hard one.
static void check_rlimit(u64 used) {
    rlimit& limit = current->signal->rlim[RLIMIT_CPU];
    if (used < rlimitExpiry()) return;
    if (limit.rlim_max < RLIM_INFINITY / NSEC_PER_SEC && used >= limit.rlim_max * NSEC_PER_SEC) {
        do_send_sig_info(SIGKILL, kernelSiginfo(SIGKILL), current, true);
        return;
    }
    if (limit.rlim_cur < limit.rlim_max) ++limit.rlim_cur;
    do_send_sig_info(SIGXCPU, kernelSiginfo(SIGXCPU), current, true);
}

void run_posix_cpu_timers() {
    if (nextCpuTimer()) return;
    const u64 used = cpuTimeOfProcess(current);
    for (const auto& t : current->signal->posix_timers)
        if (runsFor(t.get(), current) && cpuTimerNow(t.get()) >= t->expires) cpu_timer_fire(t.get());
    check_cpu_itimer(&current->signal->it[0], SIGPROF, used);
    check_cpu_itimer(&current->signal->it[1], SIGVTALRM, used);
    check_rlimit(used);
    check_rttime();
}

}  // namespace kernel
