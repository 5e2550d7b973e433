// Linux v3.10 kernel/exit.c: children get a new parent, the old one is told.
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/versions/v3_10/process.hpp"

namespace kernel::v3_10 {

static TRACED(task_struct*, find_new_reaper, (task_struct*, father)) {
    if (task_struct* thread = aliveThread(father, father)) return thread;
    if (father->group_leader == child_reaper()) initDied(father);
    if (!father->signal->has_child_subreaper) return child_reaper();
    for (task_struct* reaper = father->real_parent; reaper && reaper->pid > 1; reaper = reaper->real_parent)
        if (reaper->signal->is_child_subreaper && aliveThread(reaper, nullptr)) return reaper;
    return child_reaper();
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
    const std::list<task_struct*> children = father->children.copy();
    for (task_struct* p : children) {
        for (task_struct* thread : p->thread_group) {
            thread->real_parent = reaper;
            if (thread->parent == father) thread->parent = reaper;
            if (thread->pdeath_signal != 0)
                group_send_sig_info(thread->pdeath_signal, senderSiginfo(thread->pdeath_signal), thread);
        }
        reparent_leader(father, p, &dead_children);
    }
    for (task_struct* p : dead_children) v3_10::release_task(p);
}

TRACED(void, exit_notify, (task_struct*, tsk), (bool, group_dead)) {
    forget_original_parent(tsk);
    if (group_dead) kill_orphaned_pgrp(tsk->group_leader, nullptr);
    bool autoreap = true;
    if (thread_group_leader(tsk)) autoreap = thread_group_empty(tsk) && do_notify_parent(tsk, tsk->exit_signal);
    tsk->exit_state = autoreap ? EXIT_DEAD : EXIT_ZOMBIE;
    if (tsk->signal->notify_count < 0) wake_up_process(tsk->signal->group_exit_task);
    if (autoreap) v3_10::release_task(tsk);
}

}  // namespace kernel::v3_10
