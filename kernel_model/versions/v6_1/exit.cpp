// Linux 6.1 kernel/exit.c: do_exit, the order of its steps; release_task.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/versions/v6_1/coredump.hpp"
#include "kernel_model/versions/v6_1/process.hpp"

namespace kernel::v6_1 {
namespace {

// The last thread that begins to exit fixes the code of the group.
TRACED(void, synchronize_group_exit, (task_struct*, tsk), (long, code)) {
    signal_struct* sig = tsk->signal;
    --sig->quick_threads;
    if (sig->quick_threads != 0 || (sig->flags & SIGNAL_GROUP_EXIT)) return;
    sig->flags = SIGNAL_GROUP_EXIT;
    sig->group_exit_code = static_cast<int>(code);
    sig->group_stop_count = 0;
}

TRACED(void, switch_task_namespaces, (task_struct*, p)) {}
TRACED(void, exit_task_namespaces, (task_struct*, p)) { switch_task_namespaces(p); }
TRACED(void, exit_task_work, (task_struct*, task)) { task_work_run(); }
TRACED(void, fpu__drop) {}
TRACED(void, exit_thread, (task_struct*, tsk)) { fpu__drop(); }

// Leaves the address space; active_mm keeps the page tables until the next switch.
TRACED(void, exit_mm) {
    mm_struct* mm = current->mm;
    exit_mm_release(current, mm);
    if (!mm) return;
    ++mm->mm_count;
    current->mm = nullptr;
    mm_update_next_owner(mm);
    mmput(mm);
}

void leaveResources(task_struct* tsk, bool group_dead) {
    exit_sem(tsk);
    exit_shm(tsk);
    exit_files(tsk);
    exit_fs(tsk);
    if (group_dead) disassociate_ctty(1);
    v6_1::exit_task_namespaces(tsk);
    exit_task_work(tsk);
    exit_thread(tsk);
}

}  // namespace

// Nobody is remembered as an address space's owner here: there are no memory cgroups.
TRACED(void, mm_update_next_owner, (mm_struct*, mm)) {}

TRACED_NORETURN(do_task_dead) {
    current->state = TASK_DEAD;
    current->flags |= PF_NOFREEZE;
    throw TaskDead{};                       // unwinds this kernel stack; taskMain then calls __schedule()
}

TRACED_NORETURN(do_exit, (long, code)) {
    task_struct* tsk = current;
    if (tsk->pid == 0) panic("Attempted to kill the idle task!");
    synchronize_group_exit(tsk, code);
    coredump_task_exit(tsk);
    exit_signals(tsk);
    acct_update_integrals(tsk);
    const bool group_dead = leaveGroup(tsk);
    tsk->exit_code = static_cast<int>(code);
    if (group_dead && tsk->group_leader == child_reaper()) initDied(tsk);
    exit_mm();
    traceExit(tsk);
    leaveResources(tsk, group_dead);
    exit_notify(tsk, group_dead);
    do_task_dead();
}

TRACED_NORETURN(do_group_exit, (int, exit_code)) {
    signal_struct* sig = current->signal;
    if (sig->flags & SIGNAL_GROUP_EXIT) {
        exit_code = sig->group_exit_code;
    } else if (sig->group_exit_task.get()) {    // an exec ends the other threads
        exit_code = 0;
    } else {
        sig->group_exit_code = exit_code;
        sig->flags = SIGNAL_GROUP_EXIT;
        zap_other_threads(current);
    }
    do_exit(exit_code);
}

// ---- Removing every trace of a dead task.

static TRACED(void, ptrace_release_task, (task_struct*, task)) {}
static TRACED(void, posix_cpu_timers_exit, (task_struct*, tsk)) {}
static TRACED(void, posix_cpu_timers_exit_group, (task_struct*, tsk)) {}
static TRACED(void, proc_flush_pid, (pid*, pid)) {}

static TRACED(void, __unhash_process, (task_struct*, p), (bool, group_dead)) {
    --nr_threads;
    detach_pid(p, PIDTYPE_PID);
    if (group_dead) {
        detach_pid(p, PIDTYPE_TGID);
        detach_pid(p, PIDTYPE_PGID);
        detach_pid(p, PIDTYPE_SID);
        unlinkFamily(p);
    }
    leaveThreadGroup(p);
}


static TRACED(void, __exit_signal, (task_struct*, tsk)) {
    signal_struct* sig = tsk->signal;
    const bool group_dead = thread_group_leader(tsk);
    posix_cpu_timers_exit(tsk);
    if (group_dead) posix_cpu_timers_exit_group(tsk);
    else exec_notify(tsk);
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
static TRACED(void, put_task_struct_rcu_user, (task_struct*, task)) { put_task_struct(task); }

// The last thread of a group whose leader is a zombie nobody has waited for: now the leader can be announced.
static bool zapLeader(task_struct* leader) {
    if (leader->exit_state != EXIT_ZOMBIE || !thread_group_empty(leader)) return false;
    if (!do_notify_parent(leader, leader->exit_signal)) return false;
    leader->exit_state = EXIT_DEAD;
    return true;
}

TRACED(void, release_task, (task_struct*, p)) {
    while (p) {
        --processesOfUser(p->real_cred->uid);
        ptrace_release_task(p);
        task_struct* leader = p->group_leader;
        pid* number = p->pids[PIDTYPE_PID];
        if (number) ++number->count;
        __exit_signal(p);
        task_struct* next = leader != p && zapLeader(leader) ? leader : nullptr;
        proc_flush_pid(number);
        put_pid(number);
        release_thread(p);
        put_task_struct_rcu_user(p);
        p = next;
    }
}

}  // namespace kernel::v6_1
