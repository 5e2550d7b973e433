// Linux kernel/exit.c: children get a new parent, the old one is told.
#include "kernel_model/include/machine.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <cstdio>

namespace kernel {
namespace {

// setpgid(2): a group is orphaned when no member's parent is in another group of the same session.
bool willBecomeOrphaned(const pid* pgrp, const task_struct* ignored) {
    if (!pgrp) return true;
    for (const task_struct* p : pgrp->tasks[PIDTYPE_PGID]) {
        if (p == ignored || p->exit_state.get() || p->real_parent->pid == 1) continue;
        if (p->real_parent->pids[PIDTYPE_PGID] != pgrp && task_session_nr(p->real_parent) == task_session_nr(p)) return false;
    }
    return true;
}
bool hasStoppedJobs(const pid* pgrp) {
    for (const task_struct* p : pgrp->tasks[PIDTYPE_PGID])
        if (p->signal->flags & SIGNAL_STOP_STOPPED) return true;
    return false;
}
[[noreturn]] void initDied(const task_struct* father) {
    char text[64];
    const int code = father->signal->group_exit_code ? father->signal->group_exit_code : father->exit_code;
    std::snprintf(text, sizeof text, "Attempted to kill init! exitcode=0x%08x", static_cast<unsigned>(code));
    MachineEnd end;
    end.reason = MachineEnd::Reason::panic;
    end.message = text;
    end.init_exit_code = code;
    endMachine(end);
}

}  // namespace

bool is_current_pgrp_orphaned() { return willBecomeOrphaned(current->pids[PIDTYPE_PGID], nullptr); }

static TRACED(task_struct*, find_new_reaper, (task_struct*, father)) {
    for (task_struct* thread : father->group_leader->thread_group)
        if (thread != father && !(thread->flags & PF_EXITING)) return thread;
    if (father->group_leader == child_reaper()) initDied(father);
    if (!father->signal->has_child_subreaper) return child_reaper();
    for (task_struct* reaper = father->real_parent; reaper && reaper->pid > 1; reaper = reaper->real_parent)
        if (reaper->signal->is_child_subreaper && !(reaper->flags & PF_EXITING)) return reaper;
    return child_reaper();
}

static TRACED(void, kill_orphaned_pgrp, (task_struct*, tsk), (task_struct*, parent)) {
    const pid* pgrp = tsk->pids[PIDTYPE_PGID];
    const task_struct* ignored = parent ? nullptr : tsk;
    const task_struct* family = parent ? parent : tsk->real_parent.get();
    if (!pgrp || family->pids[PIDTYPE_PGID] == pgrp || task_session_nr(family) != task_session_nr(tsk)) return;
    if (!willBecomeOrphaned(pgrp, ignored) || !hasStoppedJobs(pgrp)) return;
    kill_pgrp(pgrp->nr, SIGHUP, 1);
    kill_pgrp(pgrp->nr, SIGCONT, 1);
}

static TRACED(void, reparent_leader, (task_struct*, father), (task_struct*, p), (std::list<task_struct*>*, dead_children)) {
    father->children.remove(p);
    p->real_parent->children.push_back(p);
    if (p->exit_state == EXIT_DEAD || same_thread_group(p->real_parent, father)) return;
    p->exit_signal = SIGCHLD;
    if (p->exit_state == EXIT_ZOMBIE && thread_group_empty(p) && do_notify_parent(p, p->exit_signal)) {
        p->exit_state = EXIT_DEAD;
        dead_children->push_back(p);
    }
    kill_orphaned_pgrp(p, father);
}

static TRACED(void, forget_original_parent, (task_struct*, father)) {
    task_struct* reaper = find_new_reaper(father);
    std::list<task_struct*> dead_children;
    const std::list<task_struct*> children = father->children;
    for (task_struct* p : children) {
        for (task_struct* thread : p->thread_group) {
            thread->real_parent = reaper;
            if (thread->parent == father) thread->parent = reaper;
            if (thread->pdeath_signal != 0)
                send_sig_info(thread->pdeath_signal, senderSiginfo(thread->pdeath_signal), thread);
        }
        reparent_leader(father, p, &dead_children);
    }
    for (task_struct* p : dead_children) release_task(p);
}

TRACED(void, __wake_up_parent, (task_struct*, p), (task_struct*, parent)) { wake_up(parent->signal->wait_chldexit); }

TRACED(void, exit_notify, (task_struct*, tsk), (bool, group_dead)) {
    forget_original_parent(tsk);
    if (group_dead) kill_orphaned_pgrp(tsk->group_leader, nullptr);
    bool autoreap = true;
    if (thread_group_leader(tsk)) autoreap = thread_group_empty(tsk) && do_notify_parent(tsk, tsk->exit_signal);
    tsk->exit_state = autoreap ? EXIT_DEAD : EXIT_ZOMBIE;
    if (tsk->signal->notify_count < 0) wake_up_process(tsk->signal->group_exit_task);
    if (autoreap) release_task(tsk);
}

}  // namespace kernel
