// Linux kernel/fork.c: what a new task shares, copies or gets fresh. versions/v3_10/fork.cpp puts the steps in order.
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/include/injection.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/kernel/sched/fiber.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <new>

namespace kernel {

int nr_threads = 0;
int max_threads = 0;

task_struct::task_struct() : Object("task_struct", sizeof *this) {}
task_struct::~task_struct() = default;

// arch_dup_task_struct copies every field; those that hold lists, queues or the kernel stack itself start empty.
task_struct::task_struct(const task_struct& from)
    : Object("task_struct", sizeof *this, &from), state(from.state), usage(from.usage), flags(from.flags), on_rq(from.on_rq),
      prio(from.prio), static_prio(from.static_prio), policy(from.policy), rt_priority(from.rt_priority),
      sched_reset_on_fork(from.sched_reset_on_fork), mm(from.mm), active_mm(from.active_mm), exit_state(from.exit_state),
      exit_code(from.exit_code), exit_signal(from.exit_signal), pdeath_signal(from.pdeath_signal),
      personality(from.personality), did_exec(from.did_exec), in_execve(from.in_execve), no_new_privs(from.no_new_privs),
      pid(from.pid), tgid(from.tgid), real_parent(from.real_parent), parent(from.parent), group_leader(from.group_leader),
      vfork_done(from.vfork_done), set_child_tid(from.set_child_tid), clear_child_tid(from.clear_child_tid),
      utime(from.utime), stime(from.stime), min_flt(from.min_flt), maj_flt(from.maj_flt), nvcsw(from.nvcsw),
      nivcsw(from.nivcsw), start_time(from.start_time),
      timer_slack_ns(from.timer_slack_ns), default_timer_slack_ns(from.timer_slack_ns), real_cred(from.real_cred), cred(from.cred), comm(from.comm),
      fs(from.fs), files(from.files), signal(from.signal), sighand(from.sighand), blocked(from.blocked),
      saved_sigmask(from.saved_sigmask), restore_sigmask(from.restore_sigmask), sas_ss_sp(from.sas_ss_sp),
      sas_ss_size(from.sas_ss_size), sas_ss_flags(from.sas_ss_flags), thread(from.thread), parent_exec_id(from.parent_exec_id),
      self_exec_id(from.self_exec_id), robust_list(from.robust_list), rseq(from.rseq), rseq_sig(from.rseq_sig),
      rseq_event_mask(from.rseq_event_mask), sigpending_flag(from.sigpending_flag), ioprio(from.ioprio), mempolicy(from.mempolicy),
      mempolicy_node(from.mempolicy_node) {}

static TRACED(void, setup_thread_stack, (task_struct*, p), (task_struct*, org)) { p->stack = std::make_unique<Fiber>(taskMain); }

static TRACED(OrNull<task_struct>, arch_dup_task_struct, (task_struct*, src)) { return new task_struct(*src); }

TRACED(OrNull<task_struct>, dup_task_struct, (task_struct*, orig)) {
    task_struct* tsk = arch_dup_task_struct(orig);
    if (!tsk) return nullptr;
    try {
        setup_thread_stack(tsk, orig);
    } catch (const std::bad_alloc&) {
        delete tsk;
        return nullptr;
    }
    tsk->usage = 2;                         // one for the parent's wait, one for the last schedule()
    return tsk;
}

TRACED(void, free_task, (task_struct*, tsk)) { delete tsk; }

static TRACED(void, __put_task_struct, (task_struct*, tsk)) {
    exit_creds(tsk);
    if (tsk->signal) put_signal_struct(tsk->signal);
    free_task(tsk);
}
void put_task_struct(task_struct* tsk) {
    if (--tsk->usage == 0) __put_task_struct(tsk);
}

void put_signal_struct(signal_struct* sig) {
    if (--sig->sigcnt == 0) delete sig;
}

TRACED(void, rt_mutex_init_task, (task_struct*, p)) {}
TRACED(void, posix_cpu_timers_init, (task_struct*, tsk)) {}
TRACED(void, do_posix_clock_monotonic_gettime, (u64&, now)) { now = ktime_get(); }
TRACED(int, copy_io, (u64, clone_flags), (task_struct*, tsk)) { return 0; }
TRACED(void, exit_task_namespaces, (task_struct*, p)) {}
TRACED(void, ptrace_init_task, (task_struct*, child), (bool, ptrace)) { child->parent = child->real_parent; }

TRACED(void, copy_flags, (u64, clone_flags), (task_struct*, p)) {
    p->flags = (p->flags & ~PF_SUPERPRIV) | PF_FORKNOEXEC;
}

TRACED(void, init_sigpending, (sigpending*, sig)) {
    sig->signal = 0;
    sig->list.clear();
}

TRACED(int, copy_sighand, (u64, clone_flags), (task_struct*, tsk)) {
    if (clone_flags & CLONE_SIGHAND) {
        ++current->sighand->count;
        return 0;
    }
    if (kmemCacheAllocFails("sighand_cachep")) return -ENOMEM;
    auto* sig = new sighand_struct;
    sig->action = current->sighand->action;
    if (clone_flags & CLONE_CLEAR_SIGHAND)
        for (k_sigaction& action : sig->action)
            action = k_sigaction{.sa_handler = action.sa_handler == HANDLER_IGN ? HANDLER_IGN : HANDLER_DFL};
    tsk->sighand = sig;
    return 0;
}

TRACED(void, __cleanup_sighand, (sighand_struct*, sighand)) {
    if (--sighand->count == 0) delete sighand;
}

TRACED(int, copy_signal, (u64, clone_flags), (task_struct*, tsk)) {
    if (clone_flags & CLONE_THREAD) return 0;
    if (kmemCacheAllocFails("signal_cachep")) return -ENOMEM;
    auto* sig = new signal_struct;
    tsk->signal = sig;
    sig->nr_threads = 1;
    sig->live = 1;
    sig->sigcnt = 1;
    std::copy(std::begin(current->signal->rlim), std::end(current->signal->rlim), sig->rlim);
    sig->oom_score_adj = current->signal->oom_score_adj;
    sig->oom_score_adj_min = current->signal->oom_score_adj_min;
    sig->has_child_subreaper = current->signal->has_child_subreaper || current->signal->is_child_subreaper;
    return 0;
}

TRACED(int, copy_mm, (u64, clone_flags), (task_struct*, tsk)) {
    tsk->min_flt = 0;
    tsk->maj_flt = 0;
    tsk->nvcsw = 0;
    tsk->nivcsw = 0;
    tsk->mm = nullptr;
    tsk->active_mm = nullptr;
    mm_struct* oldmm = current->mm;
    if (!oldmm) return 0;
    mm_struct* mm = oldmm;
    if (clone_flags & CLONE_VM) ++oldmm->mm_users;
    else mm = dup_mm(tsk);
    if (!mm) return -ENOMEM;
    tsk->mm = mm;
    tsk->active_mm = mm;
    return 0;
}

TRACED(int, copy_namespaces, (u64, flags), (task_struct*, tsk)) {
    constexpr u64 namespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET;
    return flags & namespaces && !capable(CAP_SYS_ADMIN) ? -EPERM : 0;     // with it: refused before (copy_process)
}

Ladder::~Ladder() {
    if (reached == pid) free_pid(number);
    if (reached >= namespaces) exit_task_namespaces(p);
    if (reached >= mm && p->mm.get()) mmput(p->mm);
    if (reached >= signal && !(clone_flags & CLONE_THREAD)) put_signal_struct(p->signal);
    if (reached >= sighand) __cleanup_sighand(p->sighand);
    if (reached >= fs) exit_fs(p);
    if (reached >= files) exit_files(p);
    if (reached >= semundo) exit_sem(p);
    if (reached >= count) {
        --processesOfUser(p->cred->uid);
        exit_creds(p);
    }
    if (reached >= task) free_task(p);
}

int refuseNamespaces(u64 clone_flags) {
    constexpr u64 namespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUSER;
    if (!(clone_flags & namespaces)) return 0;
    return missing(Missing::namespaces);
}

TRACED(void, complete_vfork_done, (task_struct*, tsk)) {
    completion* vfork = tsk->vfork_done;
    if (!vfork) return;
    tsk->vfork_done = nullptr;
    complete(vfork);
}

TRACED(int, wait_for_vfork_done, (task_struct*, child), (completion*, vfork)) {
    const int killed = version().process.waitForVfork(vfork);
    if (killed) child->vfork_done = nullptr;
    put_task_struct(child);
    return killed;
}

void mm_release(task_struct* tsk, mm_struct* mm) { version().process.mm_release(tsk, mm); }

// RLIMIT_NPROC binds unprivileged users only (getrlimit(2)).
bool mayExceedProcessLimit() {
    return current->real_cred->uid == 0u || capable(CAP_SYS_ADMIN) || capable(CAP_SYS_RESOURCE);    // INIT_USER
}

void traceTask(const task_struct* p) {
    using traces::Value;
    if (!traces::tracer().on(traces::Kind::task)) return;
    const task_struct* parent = p->real_parent;
    traces::tracer().emit(traces::Kind::task,
                          {{"task", traces::objectValue(p)}, {"task_pid", Value::count(p->pid)}, {"tgid", Value::count(p->tgid)},
                           {"ppid", Value::count(parent ? parent->tgid.get() : 0)}, {"comm", Value::text(p->comm.get())}});
}

void traceFork(const task_struct* parent, const task_struct* child) {
    using traces::Value;
    traceTask(child);
    if (!traces::tracer().on(traces::Kind::sched_process_fork)) return;
    traces::tracer().emit(traces::Kind::sched_process_fork,
                          {{"parent_comm", Value::text(parent->comm.get())}, {"parent_pid", Value::count(parent->pid)},
                           {"child_comm", Value::text(child->comm.get())}, {"child_pid", Value::count(child->pid)}});
}

traces::Value traceValue(const kernel_clone_args* args) {
    using traces::Value;
    Value shown = Value::object().with("flags", Value::hex(args->flags)).with("exit_signal", Value::count(args->exit_signal));
    if (args->stack) shown.with("stack", Value::hex(args->stack)).with("stack_size", Value::hex(args->stack_size));
    if (args->parent_tid) shown.with("parent_tid", Value::hex(args->parent_tid.address));
    if (args->child_tid) shown.with("child_tid", Value::hex(args->child_tid.address));
    if (args->flags & CLONE_SETTLS) shown.with("tls", Value::hex(args->tls));
    if (args->fn) shown.with("fn", traceValue(args->fn));
    return shown;
}

static long cloneWith(u64 flags) {
    kernel_clone_args args;
    args.flags = flags;
    args.exit_signal = SIGCHLD;
    return version().process.clone(&args);
}
SYSCALL_DEFINE(0, fork) { return cloneWith(0); }
SYSCALL_DEFINE(0, vfork) { return cloneWith(CLONE_VFORK | CLONE_VM); }
// x86-64 order of the arguments.
SYSCALL_DEFINE(5, clone, (u64, clone_flags), (u64, newsp), (UserPtr<int>, parent_tidptr), (UserPtr<int>, child_tidptr),
               (u64, tls)) {
    kernel_clone_args args;
    args.flags = clone_flags & 0xffff'ffff & ~u64{CSIGNAL};
    args.exit_signal = static_cast<int>(clone_flags & CSIGNAL);
    args.stack = newsp;
    args.parent_tid = parent_tidptr;
    args.pidfd = parent_tidptr;
    args.child_tid = child_tidptr;
    args.tls = tls;
    return version().process.clone(&args);
}

}  // namespace kernel
