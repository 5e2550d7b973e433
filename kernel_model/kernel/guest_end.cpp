#include "kernel_model/include/guest_end.hpp"
#include "kernel_model/include/counts.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/machine.hpp"

#include <algorithm>

namespace kernel {

KernelCounts kernel_counts;
EndListener* end_listener = nullptr;

// A fatal signal without a core takes the threads down by SIGKILL (complete_signal) and stays in its queue.
static const kernel_siginfo* stillQueued(int sig) {
    const auto among = [sig](const sigpending& queue) -> const kernel_siginfo* {
        const auto found = std::ranges::find(queue.list, sig, &kernel_siginfo::si_signo);
        return found == queue.list.end() ? nullptr : &*found;
    };
    if (const kernel_siginfo* info = among(current->signal->shared_pending)) return info;
    for (const task_struct* t : current->group_leader->thread_group)
        if (const kernel_siginfo* info = among(t->pending)) return info;
    return nullptr;
}

void announceKill(const kernel_siginfo& info) {
    if (!end_listener) return;
    if (info.si_signo != SIGKILL || !(current->signal->flags & SIGNAL_GROUP_EXIT)) return end_listener->killed(info);
    const int sig = current->signal->group_exit_code & 0x7f;
    if (!sig) return;                       // exit_group(2) of another thread, or an exec
    const kernel_siginfo* queued = stillQueued(sig);
    end_listener->killed(queued ? *queued : kernelSiginfo(sig, SI_USER));
}

void announceExit(int code) {
    if (end_listener) end_listener->exits(code);
}

void stopIfRequested() {
    if (!stop_requested) return;
    MachineEnd end;
    end.reason = MachineEnd::Reason::timeout;
    endMachine(end);
}

}  // namespace kernel
