// Waiting for several files (Linux fs/select.c; poll(2), select(2)).
#include "kernel_model/fs/eventpoll.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>
#include <limits>
#include <list>

namespace kernel {
namespace {

struct pollfd { int fd; i16 events, revents; };
struct timespec64 { i64 tv_sec, tv_nsec; };
constexpr u32 ALWAYS = 0x18 /*POLLERR|POLLHUP*/, POLL_NVAL = 0x20;
constexpr u32 IN_SET = 0x40 | 0x80 | 1 | 0x10 | 8, OUT_SET = 0x100 | 0x200 | 4 | 8, EX_SET = 2;   // Linux fs/select.c POLL*_SET
constexpr u64 FOREVER = std::numeric_limits<u64>::max();

Result<u64> deadline(i64 seconds, i64 nanoseconds) {
    if (seconds < 0 || nanoseconds < 0 || nanoseconds >= 1'000'000'000) return Failure{-EINVAL};
    const u64 now = ktime_get();
    if (seconds > 1'000'000'000) return FOREVER;
    return now + static_cast<u64>(seconds) * 1'000'000'000 + static_cast<u64>(nanoseconds);
}

int pollOnce(std::vector<pollfd>& fds) {
    int ready = 0;
    for (pollfd& p : fds) {
        p.revents = 0;
        if (p.fd < 0) continue;
        const FileRef f(static_cast<unsigned>(p.fd));
        const u32 mask = f ? f->f_op->poll(f.get()) & (static_cast<u16>(p.events) | ALWAYS) : POLL_NVAL;
        p.revents = static_cast<i16>(mask);
        if (mask) ++ready;
    }
    return ready;
}

void sleepUntil(u64 end) {
    set_current_state(TASK_INTERRUPTIBLE);
    if (end == FOREVER) schedule();
    else static_cast<void>(schedule_timeout_until(end));
}

}  // namespace

// One place of a task in a queue. Nested files may be released meanwhile: they take their places with them.
namespace {
struct Place { const PollTable* table; const file* f; wait_queue_head_t* queue; task_struct* task; };
std::list<Place>& places() {
    static auto& list = *new std::list<Place>;
    return list;
}
template <class Which>
void leavePlaces(Which which) {
    std::erase_if(places(), [&](const Place& p) {
        if (!which(p)) return false;
        auto& sleepers = p.queue->task_list;    // two files may share a queue: leave it once
        const auto at = std::ranges::find(sleepers, p.task);
        if (at != sleepers.end()) sleepers.erase(at);
        return true;
    });
}
}  // namespace

void stopSleepingOn(const file* f) { leavePlaces([f](const Place& p) { return p.f == f; }); }
void PollTable::add(file* f) {
    files_.push_back(get_file(f));
    for (file* watched : watchedFiles(f)) {
        wait_queue_head_t* queue = watched->f_op->pollQueue(watched);
        if (!queue) continue;
        places().push_back({this, watched, queue, current});
        queue->task_list.push_back(current);
    }
}
PollTable::~PollTable() {
    leavePlaces([this](const Place& p) { return p.table == this; });
    for (file* f : files_) fput(f);
}

static void waitForFiles(const std::vector<pollfd>& fds, u64 end) {
    PollTable table;
    for (const pollfd& p : fds) {
        const FileRef f(static_cast<unsigned>(p.fd));
        if (p.fd >= 0 && f) table.add(f.get());
    }
    sleepUntil(end);
}

// Number of ready descriptors; 0 when `end` (virtual ns) came first; -EINTR.
static int do_poll(std::vector<pollfd>& fds, u64 end) {
    for (;;) {
        if (const int ready = pollOnce(fds)) return ready;
        if (ktime_get() >= end) return 0;
        if (signal_pending(current)) return -EINTR;
        waitForFiles(fds, end);
    }
}

namespace {

long pollUser(UserPtr<void> ufds, u32 nfds, u64 end) {
    if (nfds > rlimit_cur(RLIMIT_NOFILE)) return -EINVAL;
    std::vector<pollfd> fds(nfds);
    if (copy_from_user(fds.data(), ufds, nfds * sizeof(pollfd))) return -EFAULT;
    const int ready = do_poll(fds, end);
    if (ready < 0) return ready;
    for (u32 i = 0; i < nfds; ++i)
        if (put_user(fds[i].revents, UserPtr<i16>{ufds.address + i * sizeof(pollfd) + 6})) return -EFAULT;
    return ready;
}

// A signal mask that holds while the call sleeps (ppoll, pselect6).
class TemporaryMask {
public:
    int set(UserPtr<const u64> mask, u64 size) {
        if (!mask) return 0;
        if (size != sizeof(u64)) return -EINVAL;
        const u64 wanted = TRY(get_user(mask));
        saved_ = current->blocked;
        current->blocked = wanted & ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
        recalc_sigpending();
        active_ = true;
        return 0;
    }
    // A signal that interrupted the call is delivered under the temporary mask (Linux restore_sigmask).
    void restore(bool interrupted) {
        if (!active_) return;
        if (interrupted) {
            current->saved_sigmask = saved_;
            current->restore_sigmask = true;
        } else {
            current->blocked = saved_;
            recalc_sigpending();
        }
    }

private:
    kernel_sigset saved_ = 0;
    bool active_ = false;
};

using FdSet = std::vector<u64>;
Result<FdSet> getSet(UserPtr<u64> set, int n) {
    FdSet words(static_cast<u64>(n + 63) / 64);
    if (set && copy_from_user(words.data(), UserPtr<void>(set), words.size() * 8)) return Failure{-EFAULT};
    return words;
}
bool has(const FdSet& s, int fd) { return s[static_cast<u64>(fd) / 64] >> (fd % 64) & 1; }
void add(FdSet& s, int fd) { s[static_cast<u64>(fd) / 64] |= u64{1} << (fd % 64); }
int putSet(UserPtr<u64> set, const FdSet& words) {
    return set && copy_to_user(UserPtr<void>(set), words.data(), words.size() * 8) ? -EFAULT : 0;
}

long core_sys_select(int n, UserPtr<u64> inp, UserPtr<u64> outp, UserPtr<u64> exp, u64 end) {
    if (n < 0) return -EINVAL;
    const u64 max_fds = std::max<u64>((current->files->fdt.fd.size() + 63) & ~u64{63}, 64);     // a multiple of 64 in Linux
    n = static_cast<int>(std::min<u64>(static_cast<u64>(n), max_fds));
    const FdSet in = TRY(getSet(inp, n)), out = TRY(getSet(outp, n)), ex = TRY(getSet(exp, n));
    std::vector<pollfd> fds;
    for (int fd = 0; fd < n; ++fd) {
        const u32 events = (has(in, fd) ? IN_SET : 0) | (has(out, fd) ? OUT_SET : 0) | (has(ex, fd) ? EX_SET : 0);
        if (!events) continue;
        const FileRef f(static_cast<unsigned>(fd));
        if (!f) return -EBADF;
        fds.push_back({fd, static_cast<i16>(events), 0});
    }
    const int ready = do_poll(fds, end);
    if (ready < 0) return -ERESTARTNOHAND;
    FdSet rin(in.size()), rout(in.size()), rex(in.size());
    long bits = 0;
    for (const pollfd& p : fds) {
        const auto mask = static_cast<u16>(p.revents);
        if (has(in, p.fd) && (mask & IN_SET)) add(rin, p.fd), ++bits;
        if (has(out, p.fd) && (mask & OUT_SET)) add(rout, p.fd), ++bits;
        if (has(ex, p.fd) && (mask & EX_SET)) add(rex, p.fd), ++bits;
    }
    TRY_INT(putSet(inp, rin));
    TRY_INT(putSet(outp, rout));
    TRY_INT(putSet(exp, rex));
    return bits;
}

// select(2): Linux leaves the time not slept in the timeout.
template <class Time>
void putRemaining(UserPtr<Time> tsp, u64 end, i64 unit_ns) {
    if (!tsp || end == FOREVER) return;
    const u64 now = ktime_get();
    const u64 left = end > now ? end - now : 0;
    const Time t{static_cast<i64>(left / 1'000'000'000), static_cast<i64>(left % 1'000'000'000) / unit_ns};
    static_cast<void>(put_user(t, tsp));
}

}  // namespace

// After a stop, or a signal without a handler, it goes on with the time that is left (restart_syscall(2)).
static long do_sys_poll(UserPtr<void> ufds, u32 nfds, u64 end);
static long do_restart_poll(restart_block* restart) { return do_sys_poll(restart->rmtp, restart->value, restart->expires); }
static long do_sys_poll(UserPtr<void> ufds, u32 nfds, u64 end) {
    const long ready = pollUser(ufds, nfds, end);
    if (ready != -EINTR) return ready;
    restart_block& restart = current->restart_block;
    restart.fn = do_restart_poll;
    restart.rmtp = ufds;
    restart.value = nfds;
    restart.expires = end;
    return -ERESTART_RESTARTBLOCK;
}
SYSCALL_DEFINE(3, poll, (UserPtr<void>, ufds), (u32, nfds), (int, timeout_msecs)) {
    const u64 end = timeout_msecs < 0 ? FOREVER : ktime_get() + static_cast<u64>(timeout_msecs) * 1'000'000;
    return do_sys_poll(ufds, nfds, end);
}
SYSCALL_DEFINE(5, ppoll, (UserPtr<void>, ufds), (u32, nfds), (UserPtr<timespec64>, tsp), (UserPtr<const u64>, sigmask), (u64, sigsetsize)) {
    u64 end = FOREVER;
    if (tsp) {
        const timespec64 t = TRY(get_user(tsp));
        end = TRY(deadline(t.tv_sec, t.tv_nsec));
    }
    TemporaryMask mask;
    TRY_INT(mask.set(sigmask, sigsetsize));
    const long n = pollUser(ufds, nfds, end);
    mask.restore(n == -EINTR);
    putRemaining(tsp, end, 1);
    return n == -EINTR ? -ERESTARTNOHAND : n;
}
SYSCALL_DEFINE(5, select, (int, n), (UserPtr<u64>, inp), (UserPtr<u64>, outp), (UserPtr<u64>, exp), (UserPtr<timespec64>, tvp)) {
    u64 end = FOREVER;
    if (tvp) {
        const timespec64 t = TRY(get_user(tvp));   // a timeval: microseconds, which may exceed a second
        if (t.tv_sec < 0 || t.tv_nsec < 0) return -EINVAL;
        end = TRY(deadline(t.tv_sec + t.tv_nsec / 1'000'000, t.tv_nsec % 1'000'000 * 1000));
    }
    const long bits = core_sys_select(n, inp, outp, exp, end);
    putRemaining(tvp, end, 1000);
    return bits;
}
SYSCALL_DEFINE(6, pselect6, (int, n), (UserPtr<u64>, inp), (UserPtr<u64>, outp), (UserPtr<u64>, exp), (UserPtr<timespec64>, tsp),
               (UserPtr<u64>, sig)) {
    u64 end = FOREVER;
    if (tsp) {
        const timespec64 t = TRY(get_user(tsp));
        end = TRY(deadline(t.tv_sec, t.tv_nsec));
    }
    TemporaryMask mask;
    if (sig) {
        const u64 set = TRY(get_user(sig)), size = TRY(get_user(sig + 1));
        TRY_INT(mask.set(UserPtr<const u64>{set}, size));
    }
    const long bits = core_sys_select(n, inp, outp, exp, end);
    mask.restore(bits == -ERESTARTNOHAND);
    putRemaining(tsp, end, 1);
    return bits;
}

}  // namespace kernel
