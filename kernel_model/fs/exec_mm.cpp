// fs/exec.c de_thread: what its versions are made of.
#include "kernel_model/include/injection.hpp"
#include "kernel_model/include/linux/binfmts.hpp"

namespace kernel {

namespace {

int givenUp(signal_struct* sig) {
    sig->group_exit_task = nullptr;
    sig->notify_count = 0;
    return -EAGAIN;
}

template <class Condition>
bool waitKillable(Condition condition) {
    while (!condition()) {
        set_current_state(TASK_KILLABLE);
        schedule();
        if (fatal_signal_pending(current)) return false;
    }
    return true;
}

}  // namespace

int endOtherThreads(task_struct* tsk) {
    signal_struct* sig = tsk->signal;
    const bool exiting = signal_group_exit(sig);
    if (!check("no other thread runs exec or exit_group", !exiting, sig->flags)) return -EAGAIN;
    sig->group_exit_task = tsk;
    const int others = zap_other_threads(tsk);
    sig->notify_count = thread_group_leader(tsk) ? others : others - 1;     // the leader stays, a zombie
    return waitKillable([sig] { return sig->notify_count == 0; }) ? 0 : givenUp(sig);
}

int waitForLeader(task_struct* tsk) {
    task_struct* leader = tsk->group_leader;
    tsk->signal->notify_count = -1;     // exit_notify wakes us for it
    return waitKillable([leader] { return leader->exit_state != 0; }) ? 0 : givenUp(tsk->signal);
}

void inheritLeader(task_struct* tsk, task_struct* leader) {
    tasksList().replace(leader, tsk);
    leader->real_parent->children.replace(leader, tsk);
    tsk->thread_group = {tsk, leader};
    tsk->group_leader = tsk;
    leader->group_leader = tsk;
    tsk->exit_signal = SIGCHLD;
    leader->exit_signal = -1;
    leader->exit_state = EXIT_DEAD;
}

// The action table must not be shared with another process any more (CLONE_SIGHAND without CLONE_THREAD).
int makeSighandPrivate(task_struct* tsk) {
    sighand_struct* old = tsk->sighand;
    if (old->count == 1) return 0;
    if (kmemCacheAllocFails("sighand_cachep")) return -ENOMEM;
    auto* fresh = new sighand_struct;
    fresh->action = old->action;
    tsk->sighand = fresh;
    __cleanup_sighand(old);
    return 0;
}

}  // namespace kernel
