// Linux kernel/user.c: what is counted per user.
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/kernel/signal.hpp"

#include <algorithm>
#include <map>

namespace kernel {

int& processesOfUser(uid_t uid) {
    static auto& counts = *new std::map<uid_t, int>;
    return counts[uid];
}

static u64 sent(const sigpending& queue) {
    return static_cast<u64>(std::ranges::count_if(queue.list, [](const kernel_siginfo& i) { return i.si_code != SI_TIMER; }));
}
u64 queuedSignalsOfUser(uid_t uid) {
    u64 count = 0;
    for (const task_struct* leader : all_tasks()) {
        if (!leader->signal || leader->real_cred->uid != uid) continue;
        count += leader->signal->posix_timers.size() + sent(leader->signal->shared_pending);
        for (const task_struct* t : leader->thread_group) count += sent(t->pending);
    }
    return count;
}

}  // namespace kernel
