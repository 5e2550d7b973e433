// Linux fs/eventpoll.c: epoll(7).
#include "kernel_model/fs/eventpoll.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/kernel/signal.hpp"
#include "kernel_model/kernel/timespec.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <list>
#include <unordered_map>
#include <unordered_set>

namespace kernel {
namespace {

struct [[gnu::packed]] epoll_event { u32 events; u64 data; };
static_assert(sizeof(epoll_event) == 12);
traces::Value traceValue(const epoll_event& e) { return traces::Value::hex(e.events); }
constexpr u32 ALWAYS = 0x18, EXCLUSIVE = 1u << 28, WAKEUP = 1u << 29, ONESHOT = 1u << 30, EDGE = 1u << 31,
              OPTIONS = EXCLUSIVE | WAKEUP | ONESHOT | EDGE;
constexpr u64 FOREVER = ~u64{0};

// One descriptor that is watched. An edge is a wake-up of the file's queues after the last report.
struct epitem {
    file* f = nullptr;                      // no reference: it leaves with the file (epitems of a closed file)
    int fd = -1;
    epoll_event event{};
    u64 seen = 0;                           // wake-ups at the last report
    bool reported = false;
    bool disabled = false;                  // EPOLLONESHOT has fired
};
struct eventpoll {
    std::list<epitem> items;                // those reported last go to the back
    wait_queue_head_t wait;                 // woken when the items change
    const file* self = nullptr;             // known once it has items
    u64 round = 0;                          // the last round of polling that asked it, and its answer
    bool ready = false;
};
eventpoll* pollOf(const file* f) { return static_cast<eventpoll*>(f->private_data.get()); }
// Who watches a file, once for each item. Only looked up: its order shows nowhere.
auto& watchers() {
    static auto& all = *new std::unordered_map<const file*, std::vector<eventpoll*>>;
    return all;
}
void forgetWatcher(const file* f, const eventpoll* ep) {
    const auto at = watchers().find(f);
    if (at == watchers().end()) return;
    at->second.erase(std::ranges::find(at->second, ep));    // one for each item, and this was one
    if (at->second.empty()) watchers().erase(at);
}

u64 wakeupsOf(file* f) {
    std::vector<wait_queue_head_t*> queues;
    f->f_op->pollQueues(f, queues);
    u64 sum = 0;
    for (const wait_queue_head_t* queue : queues) sum += queue->wakeups;
    return sum;
}
u32 readyEvents(const epitem& item) {
    if (item.disabled) return 0;
    const u32 ready = item.f->f_op->poll(item.f) & ((item.event.events & ~OPTIONS) | ALWAYS);
    if (ready && (item.event.events & EDGE) && item.reported && item.seen == wakeupsOf(item.f)) return 0;
    return ready;
}

struct EpollOperations : file_operations {
    void release(file* f) override {
        for (const epitem& item : pollOf(f)->items) forgetWatcher(item.f, pollOf(f));
    }
    loff_t llseek(file*, loff_t, int) override { return -ESPIPE; }
    u32 poll(file* f) override {            // many paths may lead here: asked once a round
        static u64 round = 0;
        static int depth = 0;
        eventpoll* ep = pollOf(f);
        if (depth == 0) ++round;
        if (ep->round != round) {
            ++depth;
            ep->ready = std::ranges::any_of(ep->items, [](const epitem& i) { return readyEvents(i) != 0; });
            --depth;
            ep->round = round;
        }
        return ep->ready ? 0x41 : 0;
    }
    wait_queue_head_t* pollQueue(file* f) override { return &pollOf(f)->wait; }
    void pollQueues(file* f, std::vector<wait_queue_head_t*>& all) override {
        for (file* watched : watchedFiles(f))
            if (wait_queue_head_t* queue = watched->f_op->pollQueue(watched)) all.push_back(queue);
    }
};
EpollOperations operations;
EpollOperations* epollOperations() { return &operations; }

constexpr int EP_MAX_NESTS = 4;             // Linux fs/eventpoll.c; later kernels count upwards too, and so does this one
using Depths = std::unordered_map<const eventpoll*, int>;
int depthBelow(const file* f, Depths& known) {
    if (f->f_op != epollOperations()) return -1;
    const auto [at, fresh] = known.try_emplace(pollOf(f), 0);
    if (!fresh) return at->second;
    int depth = 0;
    for (const epitem& item : pollOf(f)->items) depth = std::max(depth, 1 + depthBelow(item.f, known));
    return known[pollOf(f)] = depth;
}
int depthAbove(const file* f, Depths& known) {
    const auto at = watchers().find(f);
    if (at == watchers().end()) return 0;
    int depth = 0;
    for (const eventpoll* ep : at->second) {
        if (!known.contains(ep)) known[ep] = depthAbove(ep->self, known);
        depth = std::max(depth, 1 + known[ep]);
    }
    return depth;
}
bool loops(file* ep, file* target) {
    if (std::ranges::count(watchedFiles(target), ep)) return true;
    Depths below, above;
    return depthBelow(target, below) + 1 + depthAbove(ep, above) > EP_MAX_NESTS;
}
// No more wake-up paths from a file to the outermost epolls than Linux allows; a direct one is free (path_limits).
bool pathsAllowed(const file* f, std::size_t depth, std::array<int, 5>& counts) {
    constexpr std::array<int, 5> limits{1000, 500, 100, 50, 10};
    const auto at = watchers().find(f);
    if (at == watchers().end()) return true;
    if (depth >= limits.size()) return false;
    return std::ranges::all_of(at->second, [&](const eventpoll* ep) {
        if (watchers().contains(ep->self)) return pathsAllowed(ep->self, depth + 1, counts);
        return depth == 0 || ++counts[depth] <= limits[depth];
    });
}
bool tooManyPaths(file* target) {
    return std::ranges::any_of(watchedFiles(target), [](const file* f) {
        std::array<int, 5> counts{};
        return f->f_op != epollOperations() && !pathsAllowed(f, 0, counts);
    });
}

TRACED(int, ep_insert, (file*, epfile), (file*, tfile), (int, fd)) {
    eventpoll* ep = pollOf(epfile);
    ep->self = epfile;
    ep->items.push_back({tfile, fd, {}, 0, false, false});
    watchers()[tfile].push_back(ep);
    if ((tfile->f_op != epollOperations() && !watchers().contains(epfile)) || !tooManyPaths(tfile)) return 0;
    ep->items.pop_back();
    forgetWatcher(tfile, ep);
    return -EINVAL;
}
// Those asleep look again and wait for the new item too; only a ready one is an edge for who watches the epoll.
void wakeWaiters(file* ep, const epitem& item) {
    wake_up(pollOf(ep)->wait);
    if (!readyEvents(item)) --pollOf(ep)->wait.wakeups;
}
int addOrModify(file* ep, file* target, int fd, const epoll_event& event, bool add) {
    auto& items = pollOf(ep)->items;
    auto found = std::ranges::find_if(items, [&](const epitem& i) { return i.f == target && i.fd == fd; });
    if (add && target->f_op == epollOperations() && loops(ep, target)) return -ELOOP;
    if (add == (found != items.end())) return add ? -EEXIST : -ENOENT;
    if (add) {
        TRY_INT(ep_insert(ep, target, fd));
        found = std::prev(items.end());
    } else if (found->event.events & EXCLUSIVE) {
        return -EINVAL;
    }
    found->event = event;
    found->reported = found->disabled = false;
    wakeWaiters(ep, *found);
    return 0;
}
int ep_remove(file* ep, const file* target, int fd) {
    auto& items = pollOf(ep)->items;
    if (!std::erase_if(items, [&](const epitem& i) { return i.f == target && i.fd == fd; })) return -ENOENT;
    forgetWatcher(target, pollOf(ep));
    return 0;
}

bool canBePolled(const file* f) { return !S_ISREG(f->f_inode->i_mode) && !S_ISDIR(f->f_inode->i_mode); }

TRACED(int, do_epoll_ctl, (int, epfd), (int, op), (int, fd), (const epoll_event&, event)) {
    constexpr int ADD = 1, DEL = 2, MOD = 3;
    const FileRef ep(static_cast<unsigned>(epfd)), target(static_cast<unsigned>(fd));
    if (!ep || !target) return -EBADF;
    if (!canBePolled(target.get())) return -EPERM;
    if (ep.get() == target.get() || ep->f_op != epollOperations()) return -EINVAL;
    if (op == DEL) return ep_remove(ep.get(), target.get(), fd);
    if (op != ADD && op != MOD) return -EINVAL;
    if ((event.events & EXCLUSIVE) && (op == MOD || target->f_op == epollOperations())) return -EINVAL;
    return addOrModify(ep.get(), target.get(), fd, event, op == ADD);
}

// Those that are ready, each reported item going behind the others so that all get their turn.
std::vector<epoll_event> ep_send_events(eventpoll* ep, std::size_t most) {
    std::vector<epoll_event> out;
    std::list<epitem> reported;
    for (auto it = ep->items.begin(); it != ep->items.end() && out.size() < most;) {
        const auto item = it++;
        const u32 ready = readyEvents(*item);
        if (!ready) continue;
        out.push_back({ready, item->event.data});
        item->reported = true;
        item->seen = wakeupsOf(item->f);
        item->disabled = item->event.events & ONESHOT;
        reported.splice(reported.end(), ep->items, item);
    }
    ep->items.splice(ep->items.end(), reported);
    return out;
}

void sleepOn(file* ep, u64 until) {
    PollTable table;
    table.add(ep);
    set_current_state(TASK_INTERRUPTIBLE);
    if (until == FOREVER) schedule();
    else static_cast<void>(schedule_timeout_until(until));
}

TRACED(long, do_epoll_wait, (int, epfd), (UserPtr<void>, events), (int, maxevents), (u64, until)) {
    constexpr int most = std::numeric_limits<int>::max() / static_cast<int>(sizeof(epoll_event));
    if (maxevents <= 0 || maxevents > most) return -EINVAL;
    const u64 size = static_cast<u64>(maxevents) * sizeof(epoll_event);
    if (size > TASK_SIZE || events.address > TASK_SIZE - size) return -EFAULT;      // access_ok
    const FileRef ep(static_cast<unsigned>(epfd));
    if (!ep) return -EBADF;
    if (ep->f_op != epollOperations()) return -EINVAL;
    for (;;) {
        const auto out = ep_send_events(pollOf(ep.get()), static_cast<std::size_t>(maxevents));
        if (!out.empty()) return copy_to_user(events, out.data(), out.size() * sizeof out[0]) ? -EFAULT : static_cast<long>(out.size());
        if (ktime_get() >= until) return 0;
        if (signal_pending(current)) return -EINTR;
        sleepOn(ep.get(), until);
    }
}

u64 untilAfter(int timeout_ms) { return timeout_ms < 0 ? FOREVER : ktime_get() + static_cast<u64>(timeout_ms) * 1'000'000; }

long waitWithMask(int epfd, UserPtr<void> events, int maxevents, u64 until, UserPtr<const u64> mask, u64 size) {
    if (!mask) return do_epoll_wait(epfd, events, maxevents, until);
    if (size != sizeof(u64)) return -EINVAL;
    const kernel_sigset wanted = TRY(get_user(mask)), saved = current->blocked;
    set_current_blocked(wanted);
    const long result = do_epoll_wait(epfd, events, maxevents, until);
    if (result == -EINTR) {                 // the signal is delivered under the mask of the call
        current->saved_sigmask = saved;
        current->restore_sigmask = true;
    } else {
        set_current_blocked(saved);
    }
    return result;
}

}  // namespace

std::vector<file*> watchedFiles(file* f) {
    std::vector<file*> all{f};
    std::unordered_set<const file*> seen{f};
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i]->f_op != epollOperations()) continue;
        for (const epitem& item : pollOf(all[i])->items)
            if (seen.insert(item.f).second) all.push_back(item.f);
    }
    return all;
}

// A file is gone: nobody watches it any more.
void eventpoll_release(file* f) {
    stopSleepingOn(f);
    const auto at = watchers().find(f);
    if (at == watchers().end()) return;
    for (eventpoll* ep : at->second) std::erase_if(ep->items, [f](const epitem& i) { return i.f == f; });
    watchers().erase(at);
}

SYSCALL_DEFINE(1, epoll_create1, (int, flags)) {
    if (flags & ~O_CLOEXEC) return -EINVAL;
    return TRY(anon_inode_getfd("[eventpoll]", epollOperations(), std::make_shared<eventpoll>(), O_RDWR | static_cast<u32>(flags)));
}
SYSCALL_DEFINE(1, epoll_create, (int, size)) { return size <= 0 ? -EINVAL : sys_epoll_create1(0); }
SYSCALL_DEFINE(4, epoll_ctl, (int, epfd), (int, op), (int, fd), (UserPtr<void>, event)) {
    epoll_event wanted{};
    constexpr int DEL = 2;
    if (op != DEL && copy_from_user(&wanted, event, sizeof wanted)) return -EFAULT;
    return do_epoll_ctl(epfd, op, fd, wanted);
}
SYSCALL_DEFINE(4, epoll_wait, (int, epfd), (UserPtr<void>, events), (int, maxevents), (int, timeout)) {
    return do_epoll_wait(epfd, events, maxevents, untilAfter(timeout));
}
SYSCALL_DEFINE(6, epoll_pwait, (int, epfd), (UserPtr<void>, events), (int, maxevents), (int, timeout), (UserPtr<const u64>, sigmask),
               (u64, sigsetsize)) {
    return waitWithMask(epfd, events, maxevents, untilAfter(timeout), sigmask, sigsetsize);
}
SYSCALL_DEFINE(6, epoll_pwait2, (int, epfd), (UserPtr<void>, events), (int, maxevents), (UserPtr<timespec>, timeout),
               (UserPtr<const u64>, sigmask), (u64, sigsetsize)) {
    u64 until = FOREVER;
    if (timeout) {
        const timespec ts = TRY(get_user(timeout));
        if (!timespec_valid(ts)) return -EINVAL;
        until = ktime_get() + timespec_to_ns(ts);
    }
    return waitWithMask(epfd, events, maxevents, until, sigmask, sigsetsize);
}

}  // namespace kernel
