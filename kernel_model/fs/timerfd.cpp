// Linux fs/timerfd.c: timerfd_create(2).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/kernel/posix-timers.hpp"

#include <algorithm>
#include <cstring>

namespace kernel {
namespace {

struct timerfd_ctx {
    hrtimer timer;
    int clock = 0;
    u64 interval = 0, ticks = 0;
    bool expired = false;                   // and, if periodic, not started again yet
    wait_queue_head_t wqh;
};
timerfd_ctx* contextOf(const file* f) { return static_cast<timerfd_ctx*>(f->private_data.get()); }

void timerfd_tmrproc(hrtimer* timer) {
    auto* ctx = static_cast<timerfd_ctx*>(timer->data);
    ctx->expired = true;
    ++ctx->ticks;
    wake_up(ctx->wqh);
}

// A periodic timer runs on when somebody looks; what it missed counts.
void restartPeriod(timerfd_ctx* ctx) {
    if (!ctx->expired || !ctx->interval) return;
    ctx->expired = false;
    const u64 missed = (ktime_get() - ctx->timer.expires) / ctx->interval;
    ctx->ticks += missed;
    hrtimer_start(&ctx->timer, ctx->timer.expires + (missed + 1) * ctx->interval);
}

TRACED(long, timerfd_read, (file*, filp), (std::span<u8>, to)) {
    timerfd_ctx* const ctx = contextOf(filp);
    if (to.size() < sizeof ctx->ticks) return -EINVAL;
    if (!ctx->ticks && (filp->f_flags & O_NONBLOCK)) return -EAGAIN;
    TRY_INT(wait_event_interruptible(ctx->wqh, [ctx] { return ctx->ticks != 0; }));
    restartPeriod(ctx);
    const u64 ticks = std::exchange(ctx->ticks, 0);
    ctx->expired = false;
    std::memcpy(to.data(), &ticks, sizeof ticks);
    return sizeof ticks;
}

struct TimerOperations : file_operations {
    void release(file* f) override { hrtimer_cancel(&contextOf(f)->timer); }
    long read(file* f, std::span<u8> to, loff_t&) override { return timerfd_read(f, to); }
    bool shortReads() const override { return true; }
    loff_t llseek(file*, loff_t, int) override { return -ESPIPE; }
    u32 poll(file* f) override { return contextOf(f)->ticks ? 1 : 0; }
    wait_queue_head_t* pollQueue(file* f) override { return &contextOf(f)->wqh; }
};
TimerOperations* timerOperations() {
    static TimerOperations operations;
    return &operations;
}

itimerspec settingOf(timerfd_ctx* ctx) {
    restartPeriod(ctx);
    const u64 now = ktime_get();
    const u64 left = ctx->timer.queued && ctx->timer.expires > now ? ctx->timer.expires - now : 0;
    return {ns_to_timespec(ctx->interval), ns_to_timespec(left)};
}
void timerfd_setup(timerfd_ctx* ctx, int flags, const itimerspec& fresh) {
    hrtimer_cancel(&ctx->timer);
    ctx->expired = false;
    ctx->ticks = 0;
    ctx->interval = timespec_to_ns(fresh.it_interval);
    const u64 value = timespec_to_ns(fresh.it_value);
    if (value) hrtimer_start(&ctx->timer, flags & TIMER_ABS ? realToMonotonic(ctx->clock, value) : ktime_get() + value);
}

}  // namespace

SYSCALL_DEFINE(2, timerfd_create, (int, clockid), (int, flags)) {
    if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
    if (clockid != CLOCK_REAL && clockid != CLOCK_MONO && clockid != CLOCK_BOOT && clockid != 8 && clockid != 9) return -EINVAL;
    auto ctx = std::make_shared<timerfd_ctx>();
    ctx->clock = clockid == 8 ? CLOCK_REAL : clockid;       // CLOCK_REALTIME_ALARM
    ctx->timer.function = timerfd_tmrproc;
    ctx->timer.data = ctx.get();
    return TRY(anon_inode_getfd("[timerfd]", timerOperations(), ctx, O_RDWR | static_cast<u32>(flags)));
}
SYSCALL_DEFINE(4, timerfd_settime, (int, ufd), (int, flags), (UserPtr<itimerspec>, utmr), (UserPtr<itimerspec>, otmr)) {
    const itimerspec fresh = TRY(get_user(utmr));
    constexpr int CANCEL_ON_SET = 2;
    if ((flags & ~(TIMER_ABS | CANCEL_ON_SET)) || !timespec_valid(fresh.it_interval) || !timespec_valid(fresh.it_value)) return -EINVAL;
    const FileRef f(static_cast<unsigned>(ufd));
    if (!f) return -EBADF;
    if (f->f_op != timerOperations()) return -EINVAL;
    const itimerspec old = settingOf(contextOf(f.get()));
    timerfd_setup(contextOf(f.get()), flags, fresh);
    return otmr ? put_user(old, otmr) : 0;
}
SYSCALL_DEFINE(2, timerfd_gettime, (int, ufd), (UserPtr<itimerspec>, otmr)) {
    const FileRef f(static_cast<unsigned>(ufd));
    if (!f) return -EBADF;
    if (f->f_op != timerOperations()) return -EINVAL;
    return put_user(settingOf(contextOf(f.get())), otmr);
}

}  // namespace kernel
