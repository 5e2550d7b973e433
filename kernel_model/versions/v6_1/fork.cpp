// Linux 6.1 kernel/fork.c: copy_process, the order of its steps.
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/pidfd.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/versions/v6_1/fork.hpp"

namespace kernel::v6_1 {
namespace {

// clone(2), ERRORS: EINVAL.
int refuseFlags(u64 flags) {
    const auto both = [flags](u64 pair) { return (flags & pair) == pair; };
    if (both(CLONE_NEWNS | CLONE_FS) || both(CLONE_NEWUSER | CLONE_FS)) return -EINVAL;
    if (!check("CLONE_THREAD needs CLONE_SIGHAND", !(flags & CLONE_THREAD) || (flags & CLONE_SIGHAND), flags)) return -EINVAL;
    if (!check("CLONE_SIGHAND needs CLONE_VM", !(flags & CLONE_SIGHAND) || (flags & CLONE_VM), flags)) return -EINVAL;
    if ((flags & CLONE_PARENT) && (current->signal->flags & SIGNAL_UNKILLABLE)) return -EINVAL;
    if ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID))) return -EINVAL;
    if ((flags & CLONE_PIDFD) && (flags & (CLONE_DETACHED | CLONE_THREAD))) return -EINVAL;
    if ((flags & CLONE_NEWIPC) && (flags & CLONE_SYSVSEM)) return -EINVAL;
    return 0;
}

// Signals that came before are handled first, so that the fork does not hide them.
int signalsFirst() {
    recalc_sigpending();
    const bool pending = signal_pending(current);
    return check("no signal is pending for the parent", !pending, current->pending.signal) ? 0 : -ERESTARTNOINTR;
}

void setKind(task_struct* p, const kernel_clone_args& args) {
    p->flags &= ~PF_KTHREAD;
    if (args.kthread) p->flags |= PF_KTHREAD;
    p->set_child_tid = args.flags & CLONE_CHILD_SETTID ? args.child_tid : UserPtr<int>{};
    p->clear_child_tid = args.flags & CLONE_CHILD_CLEARTID ? args.child_tid : UserPtr<int>{};
}

int checkLimits(task_struct* p) {
    const int processes = processesOfUser(p->real_cred->uid);
    const bool within = static_cast<u64>(processes) <= rlimit_cur(RLIMIT_NPROC);
    if (!check("processes of the user <= RLIMIT_NPROC, or privileged", within || mayExceedProcessLimit(), processes)) return -EAGAIN;
    current->flags &= ~PF_NPROC_EXCEEDED;
    return check("nr_threads < max_threads", nr_threads < max_threads, nr_threads) ? 0 : -EAGAIN;
}

void startAnew(task_struct* p) {
    p->flags &= ~(PF_SUPERPRIV | PF_WQ_WORKER | PF_IDLE | PF_NO_SETAFFINITY);
    p->flags |= PF_FORKNOEXEC;
    p->did_exec = false;
    p->vfork_done = nullptr;
    p->utime = p->stime = 0;
    p->jobctl = 0;
    init_sigpending(&p->pending);
    p->sigpending_flag = false;
}

int copyResources(Ladder& ladder, kernel_clone_args* args) {
    task_struct* p = ladder.p;
    const u64 flags = args->flags;
    TRY_INT(ladder.did(Ladder::semundo, copy_semundo(flags, p)));
    TRY_INT(ladder.did(Ladder::files, copy_files(flags, p)));
    TRY_INT(ladder.did(Ladder::fs, copy_fs(flags, p)));
    TRY_INT(ladder.did(Ladder::sighand, copy_sighand(flags, p)));
    TRY_INT(ladder.did(Ladder::signal, copy_signal(flags, p)));
    if (!(flags & CLONE_THREAD)) p->signal->quick_threads = 1;
    TRY_INT(ladder.did(Ladder::mm, copy_mm(flags, p)));
    TRY_INT(ladder.did(Ladder::namespaces, copy_namespaces(flags, p)));
    TRY_INT(copy_io(flags, p));
    return copy_thread(p, args);
}

TRACED(void, futex_init_task, (task_struct*, tsk)) { tsk->robust_list = 0u; }

void giveIdentity(task_struct* p, u64 flags, const pid* number) {
    futex_init_task(p);
    if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM) {
        p->sas_ss_sp = 0u;
        p->sas_ss_size = 0u;
    }
    p->pid = number->nr;
    const bool thread = flags & CLONE_THREAD;
    p->group_leader = thread ? current->group_leader.get() : p;
    p->tgid = thread ? current->tgid : p->pid;
    p->pdeath_signal = 0;
    p->exit_state = TASK_RUNNING;
}

void findFamily(task_struct* p, const kernel_clone_args& args) {
    if (args.flags & (CLONE_PARENT | CLONE_THREAD)) {
        p->real_parent = current->real_parent;
        p->parent_exec_id = current->parent_exec_id;
        p->exit_signal = args.flags & CLONE_THREAD ? -1 : current->group_leader->exit_signal.get();
    } else {
        p->real_parent = current;
        p->parent_exec_id = current->self_exec_id;
        p->exit_signal = args.exit_signal;
    }
}

TRACED(void, rseq_fork, (task_struct*, t), (u64, clone_flags)) {
    if (!(clone_flags & CLONE_VM)) return;
    t->rseq = 0u;
    t->rseq_sig = 0;
    t->rseq_event_mask = 0;
}
TRACED(void, init_task_pid, (task_struct*, task), (pid_type, type), (pid*, pid)) { task->pids[type] = pid; }
TRACED(void, attach_pid, (task_struct*, task), (pid_type, type)) { task->pids[type]->tasks[type].push_back(task); }
TRACED(void, task_join_group_stop, (task_struct*, task)) {}

void joinThreadGroup(task_struct* p) {
    signal_struct* sig = current->signal;
    ++sig->nr_threads;
    ++sig->quick_threads;
    ++sig->live;
    ++sig->sigcnt;
    task_join_group_stop(p);
    p->group_leader->thread_group.push_back(p);
}

void makeLeader(task_struct* p, pid* number) {
    task_struct* leader = current->group_leader;
    init_task_pid(p, PIDTYPE_TGID, number);
    init_task_pid(p, PIDTYPE_PGID, leader->pids[PIDTYPE_PGID]);
    init_task_pid(p, PIDTYPE_SID, leader->pids[PIDTYPE_SID]);
    p->thread_group.push_back(p);
    if (number->nr == 1) p->signal->flags |= SIGNAL_UNKILLABLE;
    p->signal->leader_pid = number;
    p->signal->tty = current->signal->tty;
    p->signal->has_child_subreaper = p->real_parent->signal->has_child_subreaper || p->real_parent->signal->is_child_subreaper;
    p->real_parent->children.push_back(p);
    tasksList().push_back(p);
    for (const pid_type type : {PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID}) attach_pid(p, type);
}

void makeVisible(task_struct* p, pid* number) {
    init_task_pid(p, PIDTYPE_PID, number);
    if (thread_group_leader(p)) makeLeader(p, number);
    else joinThreadGroup(p);
    attach_pid(p, PIDTYPE_PID);
    ++nr_threads;
}

TRACED(int, sched_fork, (u64, clone_flags), (task_struct*, p)) {
    schedNewTask(p);
    return 0;
}
TRACED(void, sched_cgroup_fork, (task_struct*, p), (kernel_clone_args*, kargs)) {}
TRACED(void, sched_post_fork, (task_struct*, p)) {}

int takeNumber(Ladder& ladder, const kernel_clone_args& args) {
    const auto number = alloc_pid(&args);
    if (!number.ok()) return number.error();
    ladder.number = number.value();
    ladder.reached = Ladder::pid;
    return 0;
}

// CLONE_PIDFD: the parent's descriptor of the child; -1: it asked for none.
Result<int> givePidfd(const kernel_clone_args& args, pid* number) {
    if (!(args.flags & CLONE_PIDFD)) return -1;
    const int fd = pidfd_create(number, 0);
    if (fd < 0) return Failure{fd};
    if (!put_user(fd, args.pidfd)) return fd;
    close_fd(static_cast<unsigned>(fd));
    return Failure{-EFAULT};
}

}  // namespace

TRACED(Result<task_struct*>, copy_process, (kernel_clone_args*, args)) {
    const u64 flags = args->flags;
    TRY_INT(refuseFlags(flags));
    TRY_INT(signalsFirst());
    TRY_INT(refuseNamespaces(flags));
    Ladder ladder;
    ladder.clone_flags = flags;
    task_struct* p = ladder.p = dup_task_struct(current);
    if (!p) return Failure{-ENOMEM};
    ladder.reached = Ladder::task;
    setKind(p, *args);
    TRY_INT(ladder.did(Ladder::count, copy_creds(p, flags)));
    TRY_INT(checkLimits(p));
    startAnew(p);
    TRY_INT(sched_fork(flags, p));
    TRY_INT(copyResources(ladder, args));
    TRY_INT(takeNumber(ladder, *args));
    const int pidfd = TRY(givePidfd(*args, ladder.number));
    giveIdentity(p, flags, ladder.number);
    sched_cgroup_fork(p, args);
    do_posix_clock_monotonic_gettime(p->start_time);
    findFamily(p, *args);
    rseq_fork(p, flags);
    if (fatal_signal_pending(current)) {
        if (pidfd >= 0) close_fd(static_cast<unsigned>(pidfd));
        return Failure{-EINTR};
    }
    ptrace_init_task(p, false);
    makeVisible(p, ladder.number);
    ladder.reached = Ladder::none;
    sched_post_fork(p);
    return p;
}

}  // namespace kernel::v6_1
