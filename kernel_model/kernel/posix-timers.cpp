// Linux kernel/time/posix-timers.c: timer_create(2) and its family. A periodic timer runs on when its signal is taken; what it
// missed meanwhile is the overrun (timer_getoverrun(2)).
#include "kernel_model/kernel/posix-timers.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/version/signal.hpp"
#include "kernel_model/kernel/signal.hpp"

#include <algorithm>
#include <limits>

namespace kernel {
namespace {

struct sigevent_t { u64 sigev_value; int sigev_signo, sigev_notify; int tid; int pad[11]; };
static_assert(sizeof(sigevent_t) == 64);
constexpr int NOTIFY_SIGNAL = 0, NOTIFY_NONE = 1, NOTIFY_THREAD = 2, NOTIFY_THREAD_ID = 4;

k_itimer* findTimer(signal_struct* sig, int id) {
    const auto found = std::ranges::find_if(sig->posix_timers, [id](const auto& t) { return t->it_id == id; });
    return found == sig->posix_timers.end() ? nullptr : found->get();
}
bool isSilent(const k_itimer* t) { return (t->notify & ~NOTIFY_THREAD_ID) == NOTIFY_NONE; }
u64 nowOf(const k_itimer* t) { return isCpuClock(t->it_clock) ? cpuTimerNow(t) : ktime_get(); }

void start(k_itimer* t) {
    if (!isSilent(t) && !isCpuClock(t->it_clock)) hrtimer_start(&t->timer, t->expires);
}
int asInt(i64 overrun) { return static_cast<int>(std::min<i64>(overrun, std::numeric_limits<int>::max())); }

void posix_timer_fn(hrtimer* timer) {
    auto* t = static_cast<k_itimer*>(timer->data);
    if (t->interval) ++t->requeue_pending;
    const bool sent = fireTimer(t);
    if (!t->interval) {
        t->expires = 0;
    } else if (!sent) {
        forwardTimer(t);
        ++t->requeue_pending;
        start(t);
    }
}

task_struct* target(const k_itimer* t) {
    if (t->notify & NOTIFY_THREAD_ID) return find_task_by_vpid(t->tid);
    const pid* leader = t->signal->leader_pid;
    return leader && !leader->tasks[PIDTYPE_PID].empty() ? leader->tasks[PIDTYPE_PID].front() : nullptr;
}

// A timer's signal stands in the queue once, even a real-time one; further expiries are counted in it.
TRACED(int, send_sigqueue, (const kernel_siginfo&, info), (task_struct*, p), (bool, group)) {
    const int sig = info.si_signo;
    if (!prepare_signal(sig, p)) {
        traceGenerate(sig, info, p, "ignored");
        return 1;
    }
    sigpending* queue = group ? &p->signal->shared_pending : &p->pending;
    for (kernel_siginfo& queued : queue->list) {
        if (queued.si_code != SI_TIMER || queued.timer_id != info.timer_id) continue;
        ++queued.overrun;
        traceGenerate(sig, info, p, "already_pending");
        return 0;
    }
    queue->list.push_back(info);
    signalfd_notify();
    queue->signal |= sigmask(sig);
    complete_signal(sig, p, group);
    traceGenerate(sig, info, p, "delivered");
    return 0;
}

}  // namespace

void forwardTimer(k_itimer* t) {
    const u64 now = nowOf(t);
    if (!t->interval || t->expires > now) return;
    const u64 missed = (now - t->expires) / t->interval + 1;
    t->overrun += static_cast<i64>(missed);
    t->expires += missed * t->interval;
}

bool fireTimer(k_itimer* t) {
    task_struct* p = target(t);
    if (!p || !p->sighand.get() || p->signal != t->signal) return true;     // the thread is gone: the timer stops
    kernel_siginfo info = kernelSiginfo(t->signo, SI_TIMER);
    info.timer_id = t->it_id;
    info.si_value = t->value;
    info.sys_private = t->interval ? t->requeue_pending : 0;
    return send_sigqueue(info, p, !(t->notify & NOTIFY_THREAD_ID)) == 0;
}

TRACED(void, posixtimer_rearm, (kernel_siginfo*, info)) {
    k_itimer* t = findTimer(current->signal, info->timer_id);
    if (t && t->interval && t->requeue_pending == info->sys_private) {
        forwardTimer(t);
        start(t);
        t->overrun_last = t->overrun;
        t->overrun = -1;
        ++t->requeue_pending;
        info->overrun = asInt(info->overrun + t->overrun_last);
    }
    info->sys_private = 0;
}
void rearmPosixTimer(kernel_siginfo* info) { posixtimer_rearm(info); }

void dropTimerSignals(sigpending* queue) {
    kernel_sigset left = 0, dropped = 0;
    for (const kernel_siginfo& i : queue->list) (i.si_code == SI_TIMER ? dropped : left) |= sigmask(i.si_signo);
    std::erase_if(queue->list, [](const kernel_siginfo& i) { return i.si_code == SI_TIMER; });
    queue->signal = (queue->signal & ~dropped) | left;
}

static TRACED(void, sigqueue_free, (int, timer_id)) {}
TRACED(void, exit_itimers, (signal_struct*, sig)) {
    for (const auto& t : std::exchange(sig->posix_timers, {})) sigqueue_free(t->it_id);
}

// ---- The calls.

static int checkClock(int clock) {
    if (clock < 0) return 0;                // whose cpu clock it is is asked last
    u64 ns = 0;
    if (!clockTime(clock, ns)) return -EINVAL;
    return isCpuClock(clock) || clock == CLOCK_REAL || clock == CLOCK_MONO || clock == CLOCK_BOOT || clock == 11 ? 0 : -EOPNOTSUPP;
}
static int checkEvent(const sigevent_t& event) {
    const int how = event.sigev_notify & ~NOTIFY_THREAD_ID;
    if (event.sigev_notify & NOTIFY_THREAD_ID) {
        if (how != NOTIFY_SIGNAL) return -EINVAL;
        const task_struct* t = find_task_by_vpid(event.tid);
        if (!t || !same_thread_group(t, current)) return -EINVAL;
    }
    if (how == NOTIFY_NONE) return 0;
    return (how == NOTIFY_SIGNAL || how == NOTIFY_THREAD) && event.sigev_signo > 0 && event.sigev_signo <= NSIG ? 0 : -EINVAL;
}

// The next number is used up even when the call fails later.
static int posix_timer_add(signal_struct* sig) {
    const int id = sig->next_posix_timer_id;
    sig->next_posix_timer_id = id == std::numeric_limits<int>::max() ? 0 : id + 1;
    return id;
}

static std::shared_ptr<k_itimer> newTimer(int id, int clock, const sigevent_t& event) {
    auto t = std::make_shared<k_itimer>();
    t->it_id = id;
    t->it_clock = clock;
    t->notify = event.sigev_notify;
    t->signo = event.sigev_signo;
    t->value = event.sigev_value;
    t->tid = event.tid;
    t->clock_tid = isCpuClock(clock) ? cpuClockTask(clock)->pid.get() : 0;
    t->signal = current->signal;
    t->timer.function = posix_timer_fn;
    t->timer.data = t.get();
    return t;
}

SYSCALL_DEFINE(3, timer_create, (int, which_clock), (UserPtr<sigevent_t>, timer_event_spec), (UserPtr<int>, created_timer_id)) {
    const bool first = version().signal.timer_event_first;
    sigevent_t event{0, SIGALRM, NOTIFY_SIGNAL, 0, {}};
    if (timer_event_spec && first) event = TRY(get_user(timer_event_spec));
    TRY_INT(checkClock(which_clock));
    if (queuedSignalsOfUser(current->real_cred->uid) >= rlimit_cur(RLIMIT_SIGPENDING)) return -EAGAIN;
    const int id = posix_timer_add(current->signal);
    if (!timer_event_spec) event.sigev_value = static_cast<u64>(id);
    else if (!first) event = TRY(get_user(timer_event_spec));
    TRY_INT(checkEvent(event));
    if (put_user(id, created_timer_id)) return -EFAULT;
    if (isCpuClock(which_clock) && !cpuClockTask(which_clock)) return -EINVAL;
    current->signal->posix_timers.push_back(newTimer(id, which_clock, event));
    return 0;
}

static itimerspec common_timer_get(k_itimer* t) {
    itimerspec now{};
    now.it_interval = ns_to_timespec(t->interval);
    if (!t->expires) return now;
    if (isSilent(t) || (t->requeue_pending & 1)) forwardTimer(t);
    const u64 at = nowOf(t);
    if (t->expires > at) now.it_value = ns_to_timespec(t->expires - at);
    else if (!isSilent(t)) now.it_value.tv_nsec = 1;        // an armed timer never reads 0
    return now;
}
SYSCALL_DEFINE(2, timer_gettime, (int, timer_id), (UserPtr<itimerspec>, setting)) {
    k_itimer* t = findTimer(current->signal, timer_id);
    return t ? put_user(common_timer_get(t), setting) : -EINVAL;
}
SYSCALL_DEFINE(1, timer_getoverrun, (int, timer_id)) {
    const k_itimer* t = findTimer(current->signal, timer_id);
    return t ? asInt(t->overrun_last) : -EINVAL;
}

static void common_timer_set(k_itimer* t, int flags, const itimerspec& fresh) {
    hrtimer_cancel(&t->timer);
    t->expires = 0;
    t->overrun = -1;
    t->overrun_last = 0;
    t->requeue_pending = (t->requeue_pending + 2) & ~1;
    t->interval = fresh.it_value.tv_sec || fresh.it_value.tv_nsec ? timespec_to_ns(fresh.it_interval) : 0;
    const u64 value = timespec_to_ns(fresh.it_value);
    if (!value) return;
    t->expires = flags & TIMER_ABS ? realToMonotonic(t->it_clock, value) : nowOf(t) + value;
    t->expires = std::max<u64>(t->expires, 1);
    start(t);
}
SYSCALL_DEFINE(4, timer_settime, (int, timer_id), (int, flags), (UserPtr<itimerspec>, new_setting), (UserPtr<itimerspec>, old_setting)) {
    if (!new_setting) return -EINVAL;
    const itimerspec fresh = TRY(get_user(new_setting));
    if (!timespec_valid(fresh.it_interval) || !timespec_valid(fresh.it_value)) return -EINVAL;
    k_itimer* t = findTimer(current->signal, timer_id);
    if (!t) return -EINVAL;
    const itimerspec old = common_timer_get(t);
    common_timer_set(t, flags, fresh);
    return old_setting ? put_user(old, old_setting) : 0;
}
SYSCALL_DEFINE(1, timer_delete, (int, timer_id)) {
    auto& timers = current->signal->posix_timers;
    return std::erase_if(timers, [timer_id](const auto& t) { return t->it_id == timer_id; }) ? 0 : -EINVAL;
}

}  // namespace kernel
