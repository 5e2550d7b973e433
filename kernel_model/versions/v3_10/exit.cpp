// Linux v3.10 kernel/exit.c: do_exit and release_task.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/versions/v3_10/coredump.hpp"
#include "kernel_model/versions/v3_10/process.hpp"

namespace kernel::v3_10 {

static TRACED(void, exit_task_work, (task_struct*, task)) {}
static TRACED(void, check_stack_usage) {}
static TRACED(void, exit_thread) {}
static TRACED(void, ptrace_put_breakpoints, (task_struct*, tsk)) {}

static TRACED(void, mm_update_next_owner, (mm_struct*, mm)) {}      // no memory cgroups

// Leaves the address space; active_mm keeps the page tables until the next switch.
static TRACED(void, exit_mm, (task_struct*, tsk)) {
    mm_struct* mm = tsk->mm;
    v3_10::mm_release(tsk, mm);
    if (!mm) return;
    exitDuringDump(tsk);
    ++mm->mm_count;
    tsk->mm = nullptr;
    mm_update_next_owner(mm);
    mmput(mm);
}

static void leaveResources(task_struct* tsk) {
    exit_sem(tsk);
    exit_shm(tsk);
    exit_files(tsk);
    exit_fs(tsk);
    exit_task_namespaces(tsk);
    exit_task_work(tsk);
    check_stack_usage();
    exit_thread();
}

TRACED_NORETURN(do_exit, (long, code)) {
    task_struct* tsk = current;
    if (tsk->pid == 0) panic("Attempted to kill the idle task!");
    exit_signals(tsk);
    acct_update_integrals(tsk);
    const bool group_dead = leaveGroup(tsk);
    tsk->exit_code = static_cast<int>(code);
    exit_mm(tsk);
    traceExit(tsk);
    leaveResources(tsk);
    if (group_dead) disassociate_ctty(1);
    ptrace_put_breakpoints(tsk);
    exit_notify(tsk, group_dead);
    tsk->state = TASK_DEAD;
    tsk->flags |= PF_NOFREEZE;
    throw TaskDead{};                       // unwinds this kernel stack; taskMain then calls schedule()
}

TRACED_NORETURN(do_group_exit, (int, exit_code)) {
    signal_struct* sig = current->signal;
    if (signal_group_exit(sig)) {
        exit_code = sig->group_exit_code;
    } else if (!thread_group_empty(current)) {
        sig->group_exit_code = exit_code;
        sig->flags = SIGNAL_GROUP_EXIT;
        zap_other_threads(current);
    }
    do_exit(exit_code);
}

// ---- Removing every trace of a dead task.

static TRACED(void, proc_flush_task, (task_struct*, task)) {}
static TRACED(void, ptrace_release_task, (task_struct*, task)) {}

static TRACED(void, __unhash_process, (task_struct*, p), (bool, group_dead)) {
    --nr_threads;
    detach_pid(p, PIDTYPE_PID);
    if (group_dead) {
        detach_pid(p, PIDTYPE_PGID);
        detach_pid(p, PIDTYPE_SID);
        unlinkFamily(p);
    }
    leaveThreadGroup(p);
}

static TRACED(void, __exit_signal, (task_struct*, tsk)) {
    signal_struct* sig = tsk->signal;
    const bool group_dead = thread_group_leader(tsk);
    exec_notify(tsk);
    addTimes(sig, tsk);
    --sig->nr_threads;
    __unhash_process(tsk, group_dead);
    flush_sigqueue(&tsk->pending);
    sighand_struct* sighand = tsk->sighand;
    tsk->sighand = nullptr;
    __cleanup_sighand(sighand);
    if (group_dead) flush_sigqueue(&sig->shared_pending);
}

// RCU's grace period ends at once: one CPU, and nobody keeps a reader's reference over schedule().
static TRACED(void, call_rcu, (task_struct*, p)) { put_task_struct(p); }

// The last thread of a group whose leader is a zombie nobody has waited for: now the leader can be announced.
static task_struct* leaderToRelease(task_struct* leader) {
    if (leader->exit_state != EXIT_ZOMBIE || !thread_group_empty(leader)) return nullptr;
    if (!do_notify_parent(leader, leader->exit_signal)) return nullptr;
    leader->exit_state = EXIT_DEAD;
    return leader;
}

TRACED(void, release_task, (task_struct*, p)) {
    while (p) {
        --processesOfUser(p->real_cred->uid);
        proc_flush_task(p);
        ptrace_release_task(p);
        task_struct* leader = p->group_leader;
        __exit_signal(p);
        task_struct* next = leader != p ? leaderToRelease(leader) : nullptr;
        release_thread(p);
        call_rcu(p);
        p = next;
    }
}

}  // namespace kernel::v3_10
