// Linux v3.10 kernel/fork.c: do_fork and copy_process, the order of the steps and the ladder that undoes them.
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/versions/v3_10/process.hpp"

namespace kernel::v3_10 {

static TRACED(void, sched_fork, (task_struct*, p)) { schedNewTask(p); }

namespace {

struct ForkRequest {
    u64 clone_flags;
    u64 stack_start, stack_size;
    UserPtr<int> parent_tidptr, child_tidptr;
};

// clone(2), ERRORS: EINVAL.
int refuseFlags(u64 flags) {
    if ((flags & (CLONE_NEWNS | CLONE_FS)) == (CLONE_NEWNS | CLONE_FS)) return -EINVAL;
    if ((flags & (CLONE_NEWUSER | CLONE_FS)) == (CLONE_NEWUSER | CLONE_FS)) return -EINVAL;
    if (!check("CLONE_THREAD needs CLONE_SIGHAND", !(flags & CLONE_THREAD) || (flags & CLONE_SIGHAND), flags)) return -EINVAL;
    if (!check("CLONE_SIGHAND needs CLONE_VM", !(flags & CLONE_SIGHAND) || (flags & CLONE_VM), flags)) return -EINVAL;
    if ((flags & CLONE_PARENT) && (current->signal->flags & SIGNAL_UNKILLABLE)) return -EINVAL;
    return refuseNamespaces(flags);
}

void resetScalars(task_struct* p) {
    p->did_exec = false;
    p->vfork_done = nullptr;
    p->utime = p->stime = 0;
    p->jobctl = 0;
}

int copyCredentials(Ladder& ladder) {
    task_struct* p = ladder.p;
    const bool below = static_cast<u64>(processesOfUser(p->real_cred->uid)) < rlimit_cur(RLIMIT_NPROC);
    if (!check("processes of the user < RLIMIT_NPROC, or privileged", below || mayExceedProcessLimit(),
               processesOfUser(p->real_cred->uid)))
        return -EAGAIN;
    current->flags &= ~PF_NPROC_EXCEEDED;
    if (const int error = ladder.did(Ladder::count, copy_creds(p, ladder.clone_flags)); error < 0) return error;
    return check("nr_threads < max_threads", nr_threads < max_threads, nr_threads) ? 0 : -EAGAIN;
}

int copyResources(Ladder& ladder, u64 flags) {
    task_struct* p = ladder.p;
    TRY_INT(ladder.did(Ladder::semundo, copy_semundo(flags, p)));
    TRY_INT(ladder.did(Ladder::files, copy_files(flags, p)));
    TRY_INT(ladder.did(Ladder::fs, copy_fs(flags, p)));
    TRY_INT(ladder.did(Ladder::sighand, copy_sighand(flags, p)));
    TRY_INT(ladder.did(Ladder::signal, copy_signal(flags, p)));
    TRY_INT(ladder.did(Ladder::mm, copy_mm(flags, p)));
    TRY_INT(ladder.did(Ladder::namespaces, copy_namespaces(flags, p)));
    TRY_INT(copy_io(flags, p));
    return 0;
}

void giveIdentity(task_struct* p, const ForkRequest& request, const kernel::pid* pid) {
    const u64 flags = request.clone_flags;
    p->pid = pid->nr;
    p->tgid = flags & CLONE_THREAD ? current->tgid : p->pid;
    p->set_child_tid = flags & CLONE_CHILD_SETTID ? request.child_tidptr : UserPtr<int>{};
    p->clear_child_tid = flags & CLONE_CHILD_CLEARTID ? request.child_tidptr : UserPtr<int>{};
    p->robust_list = 0u;
    if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM) {
        p->sas_ss_sp = 0u;
        p->sas_ss_size = 0u;
    }
    if (flags & CLONE_THREAD) p->exit_signal = -1;
    else if (flags & CLONE_PARENT) p->exit_signal = current->group_leader->exit_signal;
    else p->exit_signal = static_cast<int>(flags & CSIGNAL);
    p->pdeath_signal = 0;
    p->exit_state = TASK_RUNNING;
    p->group_leader = p;
}

void findFamily(task_struct* p, u64 flags) {
    if (flags & (CLONE_PARENT | CLONE_THREAD)) {
        p->real_parent = current->real_parent;
        p->parent_exec_id = current->parent_exec_id;
    } else {
        p->real_parent = current;
        p->parent_exec_id = current->self_exec_id;
    }
}

void joinThreadGroup(task_struct* p) {
    ++current->signal->nr_threads;
    ++current->signal->live;
    ++current->signal->sigcnt;
    p->group_leader = current->group_leader;
    p->group_leader->thread_group.push_back(p);
}

void makeVisible(task_struct* p, kernel::pid* pid) {
    if (thread_group_leader(p)) {
        p->thread_group.push_back(p);
        if (pid->nr == 1) p->signal->flags |= SIGNAL_UNKILLABLE;
        p->signal->leader_pid = pid;
        p->signal->tty = current->signal->tty;
        attach_pid(p, PIDTYPE_PGID, current->group_leader->pids[PIDTYPE_PGID]);
        attach_pid(p, PIDTYPE_SID, current->group_leader->pids[PIDTYPE_SID]);
        p->real_parent->children.push_back(p);
        tasksList().push_back(p);
    }
    attach_pid(p, PIDTYPE_PID, pid);
    ++nr_threads;
}

void startAnew(task_struct* p, u64 flags) {
    resetScalars(p);
    copy_flags(flags, p);
    init_sigpending(&p->pending);
    p->sigpending_flag = false;
    posix_cpu_timers_init(p);
    do_posix_clock_monotonic_gettime(p->start_time);
    sched_fork(p);
}

}  // namespace

static TRACED(int, alloc_pidmap) { return nextPidNumber(); }
static TRACED(OrNull<pid>, alloc_pid) { return newPid(alloc_pidmap()); }

static TRACED(Result<task_struct*>, copy_process, (u64, clone_flags), (u64, stack_start), (u64, stack_size),
              (UserPtr<int>, child_tidptr)) {
    const u64 flags = clone_flags;
    TRY_INT(refuseFlags(flags));
    Ladder ladder;
    ladder.clone_flags = flags;
    task_struct* p = ladder.p = dup_task_struct(current);
    if (!p) return Failure{-ENOMEM};
    ladder.reached = Ladder::task;
    rt_mutex_init_task(p);
    TRY_INT(copyCredentials(ladder));
    startAnew(p, flags);
    TRY_INT(copyResources(ladder, flags));
    TRY_INT(copy_thread(flags, stack_start, stack_size, p));
    ladder.number = alloc_pid();
    if (!check("a pid is free", ladder.number != nullptr, nr_threads)) return Failure{-ENOMEM};
    ladder.reached = Ladder::pid;
    giveIdentity(p, {flags, stack_start, stack_size, {}, child_tidptr}, ladder.number);
    findFamily(p, flags);
    recalc_sigpending();
    if (!check("no signal is pending for the parent", !signal_pending(current), current->pending.signal))
        return Failure{-ERESTARTNOINTR};
    if (flags & CLONE_THREAD) joinThreadGroup(p);
    ptrace_init_task(p, false);
    makeVisible(p, ladder.number);
    ladder.reached = Ladder::none;
    return p;
}

static TRACED(pid_t, task_pid_vnr, (task_struct*, tsk)) { return tsk->pid; }        // one pid namespace

static TRACED(long, do_fork, (u64, clone_flags), (u64, stack_start), (u64, stack_size), (UserPtr<int>, parent_tidptr),
       (UserPtr<int>, child_tidptr)) {
    if (clone_flags & (CLONE_NEWUSER | CLONE_NEWPID) && clone_flags & (CLONE_THREAD | CLONE_PARENT)) return -EINVAL;
    task_struct* p = TRY(copy_process(clone_flags, stack_start, stack_size, child_tidptr));
    traceFork(current, p);
    const pid_t nr = task_pid_vnr(p);
    if (clone_flags & CLONE_PARENT_SETTID) static_cast<void>(put_user(static_cast<int>(nr), parent_tidptr));
    completion vfork;
    if (clone_flags & CLONE_VFORK) {
        p->vfork_done = &vfork;
        ++p->usage;
    }
    wake_up_new_task(p);
    if (clone_flags & CLONE_VFORK) wait_for_vfork_done(p, &vfork);
    return nr;
}

TRACED(pid_t, kernel_thread, (KernelThreadFunction, fn), (ThreadArgument, arg), (u64, flags)) {
    current->kthread_argument = arg;        // Linux passes both through the stack arguments; a host pointer must not show
    return static_cast<pid_t>(do_fork(flags | CLONE_VM | CLONE_UNTRACED, kernelTextAddress(fn), 0, {}, {}));
}

pid_t startInit(KernelThreadFunction init) { return kernel_thread(init, {}, CLONE_FS | CLONE_SIGHAND); }

// x86-64: copy_thread takes tls from r8.
long clone(kernel_clone_args* args) {
    return do_fork(args->flags | static_cast<u64>(args->exit_signal), args->stack, 0, args->parent_tid, args->child_tid);
}

// set_tid_address(2): the word is cleared and its futex woken, when others may still look at it.
TRACED(void, mm_release, (task_struct*, tsk), (mm_struct*, mm)) {
    if (tsk->robust_list.get()) exit_robust_list(tsk);
    if (holdsPiState(tsk)) exit_pi_state_list(tsk);
    if (tsk->vfork_done.get()) complete_vfork_done(tsk);
    if (!tsk->clear_child_tid.get()) return;
    if (!(tsk->flags & PF_SIGNALED) && mm && mm->mm_users > 1) {
        static_cast<void>(put_user(0, tsk->clear_child_tid.get()));
        futexWake(tsk->clear_child_tid.get().address, 1);
    }
    tsk->clear_child_tid = UserPtr<int>{};
}

}  // namespace kernel::v3_10
