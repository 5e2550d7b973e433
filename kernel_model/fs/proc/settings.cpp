// Files of /proc/PID that show, and some of them set, one attribute (Linux fs/proc/base.c; proc(5)).
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/kernel/posix-timers.hpp"

#include <cerrno>
#include <cstdlib>

namespace kernel {
namespace {

using ull = unsigned long long;

// A number as the files take it: base by its prefix, one newline behind it. EINVAL.
Result<i64> numberIn(const std::string& text) {
    const u64 end = text.find_last_not_of(" \n");
    const std::string digits = text.substr(0, end == std::string::npos ? 0 : end + 1);
    char* rest = nullptr;
    errno = 0;
    const i64 value = std::strtoll(digits.c_str(), &rest, 0);
    if (digits.empty() || *rest || errno) return Failure{-EINVAL};
    return value;
}

}  // namespace

Result<std::string> showOomScoreAdj(task_struct* t) { return format("%d\n", t->signal ? t->signal->oom_score_adj : 0); }
int storeOomScoreAdj(task_struct* t, const std::string& text) {
    const i64 value = TRY(numberIn(text));
    if (value < -1000 || value > 1000) return -EINVAL;
    if (!t->signal) return -ESRCH;
    if (value < t->signal->oom_score_adj_min && !capable(CAP_SYS_RESOURCE)) return -EACCES;
    t->signal->oom_score_adj = static_cast<int>(value);
    if (capable(CAP_SYS_RESOURCE)) t->signal->oom_score_adj_min = static_cast<int>(value);
    return 0;
}

Result<std::string> showPersonality(task_struct* t) { return format("%08x\n", t->personality.get()); }

Result<std::string> showTimerSlack(task_struct* t) {
    if (t != current && !capable(CAP_SYS_NICE)) return Failure{-EPERM};
    return format("%llu\n", static_cast<ull>(t->timer_slack_ns));
}
int storeTimerSlack(task_struct* t, const std::string& text) {
    const i64 value = TRY(numberIn(text));
    if (value < 0) return -EINVAL;
    if (t != current && !capable(CAP_SYS_NICE)) return -EPERM;
    t->timer_slack_ns = value ? static_cast<u64>(value) : t->default_timer_slack_ns;
    return 0;
}

Result<std::string> showTimers(task_struct* t) {
    static constexpr const char* ways[] = {"signal", "none", "thread"};
    constexpr int to_thread = 4;            // SIGEV_THREAD_ID
    std::string s;
    if (!t->signal) return s;
    for (const auto& timer : t->signal->posix_timers) {
        const bool thread = timer->notify & to_thread;
        const int pid = thread ? timer->tid : t->tgid.get();
        s += format("ID: %d\nsignal: %d/%016llx\nnotify: %s/%s.%d\n", timer->it_id, timer->signo, static_cast<ull>(timer->value),
                    ways[timer->notify & 3], thread ? "tid" : "pid", pid);
        if (version().process.newerProc) s += format("ClockID: %d\n", timer->it_clock);
    }
    return s;
}

}  // namespace kernel
