// Linux 6.1 kernel/exit.c: children get a new parent, the old one is told.
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/versions/v6_1/process.hpp"

namespace kernel::v6_1 {
namespace {

TRACED(task_struct*, find_child_reaper, (task_struct*, father)) {
    task_struct* reaper = child_reaper();
    if (reaper != father) return reaper;
    if (task_struct* thread = aliveThread(father, father)) return thread;
    initDied(father);
}

TRACED(task_struct*, find_new_reaper, (task_struct*, father), (task_struct*, child_reaper)) {
    if (task_struct* thread = aliveThread(father, father)) return thread;
    if (!father->signal->has_child_subreaper) return child_reaper;
    for (task_struct* reaper = father->real_parent; reaper != &init_task; reaper = reaper->real_parent) {
        if (!reaper->signal->is_child_subreaper) continue;
        if (task_struct* thread = aliveThread(reaper, nullptr)) return thread;
    }
    return child_reaper;
}

TRACED(void, reparent_leader, (task_struct*, father), (task_struct*, p), (std::list<task_struct*>*, dead)) {
    if (p->exit_state == EXIT_DEAD) return;
    p->exit_signal = SIGCHLD;
    if (p->exit_state == EXIT_ZOMBIE && thread_group_empty(p) && do_notify_parent(p, p->exit_signal)) {
        p->exit_state = EXIT_DEAD;
        dead->push_back(p);
    }
    kill_orphaned_pgrp(p, father);
}

void adopt(task_struct* thread, task_struct* father, task_struct* reaper) {
    thread->real_parent = reaper;
    if (thread->parent == father) thread->parent = reaper;
    if (thread->pdeath_signal != 0) group_send_sig_info(thread->pdeath_signal, senderSiginfo(thread->pdeath_signal), thread);
}

TRACED(void, forget_original_parent, (task_struct*, father), (std::list<task_struct*>*, dead)) {
    task_struct* reaper = find_child_reaper(father);
    if (father->children.empty()) return;
    reaper = find_new_reaper(father, reaper);
    const std::list<task_struct*> children = father->children.copy();
    for (task_struct* p : children) {
        for (task_struct* thread : p->thread_group) adopt(thread, father, reaper);
        if (!same_thread_group(reaper, father)) reparent_leader(father, p, dead);
    }
    for (task_struct* p : children) {       // list_splice_tail_init
        father->children.remove(p);
        reaper->children.push_back(p);
    }
}

// True: nobody will wait for it.
bool announce(task_struct* tsk) {
    if (!thread_group_leader(tsk)) return true;
    return thread_group_empty(tsk) && do_notify_parent(tsk, tsk->exit_signal);
}

}  // namespace

TRACED(void, exit_notify, (task_struct*, tsk), (bool, group_dead)) {
    std::list<task_struct*> dead;
    forget_original_parent(tsk, &dead);
    if (group_dead) kill_orphaned_pgrp(tsk->group_leader, nullptr);
    tsk->exit_state = EXIT_ZOMBIE;
    if (announce(tsk)) {
        tsk->exit_state = EXIT_DEAD;
        dead.push_front(tsk);
    }
    if (tsk->signal->notify_count < 0) wake_up_process(tsk->signal->group_exit_task);
    for (task_struct* p : dead) v6_1::release_task(p);
}

}  // namespace kernel::v6_1
