// fs/exec.c: leaving the old image. de_thread and exec_mmap.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"

#include <algorithm>

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

int killOtherThreads(task_struct* tsk) {
    signal_struct* sig = tsk->signal;
    const bool exiting = signal_group_exit(sig);
    if (!check("no other thread runs exec or exit_group", !exiting, sig->flags)) return -EAGAIN;
    sig->group_exit_task = tsk;
    const int others = zap_other_threads(tsk);
    sig->notify_count = thread_group_leader(tsk) ? others : others - 1;     // the leader stays, a zombie
    return waitKillable([sig] { return sig->notify_count == 0; }) ? 0 : givenUp(sig);
}

void replaceIn(std::list<task_struct*>& list, task_struct* old, task_struct* fresh) {
    std::ranges::replace(list, old, fresh);
}

// The thread becomes the process: pid, place in the family and exit signal are the old leader's (execve(2), "attributes").
int takeOverLeader(task_struct* tsk) {
    task_struct* leader = tsk->group_leader;
    signal_struct* sig = tsk->signal;
    sig->notify_count = -1;             // exit_notify wakes us for it
    if (!waitKillable([leader] { return leader->exit_state != 0; })) return givenUp(sig);
    tsk->start_time = leader->start_time;
    tsk->pid = leader->pid;
    change_pid(tsk, PIDTYPE_PID, leader->pids[PIDTYPE_PID]);
    transfer_pid(leader, tsk, PIDTYPE_PGID);
    transfer_pid(leader, tsk, PIDTYPE_SID);
    replaceIn(tasksList(), leader, tsk);
    replaceIn(leader->real_parent->children, leader, tsk);
    tsk->thread_group = {tsk, leader};
    tsk->group_leader = tsk;
    leader->group_leader = tsk;
    tsk->exit_signal = SIGCHLD;
    leader->exit_signal = -1;
    leader->exit_state = EXIT_DEAD;
    traces::tracer().setTask(tsk->pid);
    release_task(leader);
    return 0;
}

// The action table must not be shared with another process any more (CLONE_SIGHAND without CLONE_THREAD).
void makeSighandPrivate(task_struct* tsk) {
    sighand_struct* old = tsk->sighand;
    if (old->count == 1) return;
    auto* fresh = new sighand_struct;
    fresh->action = old->action;
    tsk->sighand = fresh;
    __cleanup_sighand(old);
}

}  // namespace

// Kills the other threads, waits for them, gives this one a table of actions of its own.
TRACED(int, de_thread, (task_struct*, tsk)) {
    signal_struct* sig = tsk->signal;
    if (!thread_group_empty(tsk)) {
        TRY_INT(killOtherThreads(tsk));
        if (!thread_group_leader(tsk)) TRY_INT(takeOverLeader(tsk));
    }
    sig->group_exit_task = nullptr;
    sig->notify_count = 0;
    tsk->exit_signal = SIGCHLD;
    exit_itimers(sig);
    flush_itimer_signals();
    makeSighandPrivate(tsk);
    return 0;
}

static TRACED(void, activate_mm, (mm_struct*, prev), (mm_struct*, next)) { processor().loadCr3(next->pgd); }

// The point of no return of v3.10: after this the old image is gone.
TRACED(int, exec_mmap, (mm_struct*, mm)) {
    task_struct* tsk = current;
    mm_struct* old_mm = tsk->mm;
    mm_struct* active_mm = tsk->active_mm;
    mm_release(tsk, old_mm);
    tsk->mm = mm;
    tsk->active_mm = mm;
    activate_mm(active_mm, mm);
    arch_pick_mmap_layout(mm);
    if (old_mm) {
        BUG_ON(active_mm != old_mm);
        mmput(old_mm);
    } else if (active_mm) {
        mmdrop(active_mm);
    }
    return 0;
}

}  // namespace kernel
