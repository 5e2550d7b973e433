// fs/exec.c: leaving the old image. de_thread and exec_mmap.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"

#include <algorithm>

namespace kernel {

static int killOtherThreads(task_struct* tsk) {
    signal_struct* sig = tsk->signal;
    const bool exiting = (sig->flags & SIGNAL_GROUP_EXIT) || sig->group_exit_task;
    if (!check("no other thread runs exec or exit_group", !exiting, sig->flags)) return -EAGAIN;
    sig->group_exit_task = tsk;
    sig->notify_count = zap_other_threads(tsk);
    if (tsk->group_leader != tsk) sig->notify_count = sig->notify_count - 1;
    while (sig->notify_count > 0) {
        set_current_state(TASK_KILLABLE);
        schedule();
        if (fatal_signal_pending(tsk)) {
            sig->group_exit_task = nullptr;
            sig->notify_count = 0;
            return -EAGAIN;
        }
    }
    return 0;
}

// The action table must not be shared with another process any more (CLONE_SIGHAND without CLONE_THREAD).
static void makeSighandPrivate(task_struct* tsk) {
    sighand_struct* old = tsk->sighand;
    if (old->count == 1) return;
    auto* fresh = new sighand_struct;
    fresh->action = old->action;
    tsk->sighand = fresh;
    __cleanup_sighand(old);
}

// Kills the other threads, waits for them, gives this one a table of actions of its own.
TRACED(int, de_thread, (task_struct*, tsk)) {
    signal_struct* sig = tsk->signal;
    const bool alone = tsk->group_leader->thread_group.size() <= 1;
    if (!alone) {
        TRY_INT(killOtherThreads(tsk));
        if (tsk->group_leader != tsk) return -EAGAIN;   // taking over the leader's identity comes with threads
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
