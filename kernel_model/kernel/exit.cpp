// Linux kernel/exit.c: what the end of a task is in every version. versions/*/exit.cpp put the steps in order,
// kernel/wait.cpp is the other side.
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/guest_end.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/process.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace kernel {

void do_exit(long code) {
    version().process.do_exit(code);
    std::abort();
}
void do_group_exit(int exit_code) {
    version().process.do_group_exit(exit_code);
    std::abort();
}
void release_task(task_struct* p) { version().process.release_task(p); }

SYSCALL_DEFINE(1, exit, (int, error_code)) { do_exit((error_code & 0xff) << 8); }
SYSCALL_DEFINE(1, exit_group, (int, error_code)) {
    announceExit(error_code & 0xff);
    do_group_exit((error_code & 0xff) << 8);
}

TRACED(void, exit_shm, (task_struct*, task)) {}

bool leaveGroup(task_struct* tsk) {
    signal_struct* sig = tsk->signal;
    --sig->live;
    if (sig->live != 0) return false;
    hrtimer_cancel(&sig->real_timer);
    exit_itimers(sig);
    if (const mm_struct* mm = tsk->mm) sig->maxrss = std::max(sig->maxrss, residentPages(mm));
    return true;
}

void traceExit(const task_struct* tsk) {
    using traces::Value;
    if (!traces::tracer().on(traces::Kind::sched_process_exit)) return;
    traces::tracer().emit(traces::Kind::sched_process_exit,
                          {{"comm", Value::text(tsk->comm.get())}, {"exit_code", Value::hex(static_cast<u32>(tsk->exit_code.get()))}});
}

void initDied(const task_struct* father) {
    char text[64];
    const int code = father->signal->group_exit_code ? father->signal->group_exit_code : father->exit_code;
    std::snprintf(text, sizeof text, "Attempted to kill init! exitcode=0x%08x", static_cast<unsigned>(code));
    MachineEnd end;
    end.reason = MachineEnd::Reason::panic;
    end.message = text;
    end.init_exit_code = code;
    endMachine(end);
}

void addTimes(signal_struct* sig, const task_struct* tsk) {
    sig->utime += tsk->utime;
    sig->stime += tsk->stime;
    sig->min_flt += tsk->min_flt;
    sig->maj_flt += tsk->maj_flt;
    sig->nvcsw += tsk->nvcsw;
    sig->nivcsw += tsk->nivcsw;
}

void exec_notify(task_struct* tsk) {
    signal_struct* sig = tsk->signal;
    if (thread_group_leader(tsk) || sig->notify_count <= 0) return;
    --sig->notify_count;
    if (sig->notify_count == 0) wake_up_process(sig->group_exit_task);
}

void leaveThreadGroup(task_struct* p) {
    if (p->signal->curr_target == p) p->signal->curr_target = next_thread(p);
    p->group_leader->thread_group.remove(p);
}

void unlinkFamily(task_struct* p) {
    tasksList().remove(p);
    p->real_parent->children.remove(p);
}

// ---- Process groups without a parent outside of them (setpgid(2)).

static bool willBecomeOrphaned(const pid* pgrp, const task_struct* ignored) {
    if (!pgrp) return true;
    for (const task_struct* p : pgrp->tasks[PIDTYPE_PGID]) {
        if (p == ignored || p->exit_state.get() || p->real_parent->pid == 1) continue;
        if (task_pgrp(p->real_parent) != pgrp && task_session_nr(p->real_parent) == task_session_nr(p)) return false;
    }
    return true;
}
static bool hasStoppedJobs(const pid* pgrp) {
    return std::ranges::any_of(pgrp->tasks[PIDTYPE_PGID],
                               [](const task_struct* p) { return (p->signal->flags & SIGNAL_STOP_STOPPED) != 0; });
}
bool is_current_pgrp_orphaned() { return willBecomeOrphaned(task_pgrp(current), nullptr); }

TRACED(void, kill_orphaned_pgrp, (task_struct*, tsk), (task_struct*, parent)) {
    const pid* pgrp = task_pgrp(tsk);
    const task_struct* ignored = parent ? nullptr : tsk;
    const task_struct* family = parent ? parent : tsk->real_parent.get();
    if (!pgrp || task_pgrp(family) == pgrp || task_session_nr(family) != task_session_nr(tsk)) return;
    if (!willBecomeOrphaned(pgrp, ignored) || !hasStoppedJobs(pgrp)) return;
    kill_pgrp(pgrp->nr, SIGHUP, 1);
    kill_pgrp(pgrp->nr, SIGCONT, 1);
}

// A thread of the group that does not end yet.
task_struct* aliveThread(task_struct* of, const task_struct* except) {
    for (task_struct* t : of->group_leader->thread_group)
        if (t != except && !(t->flags & PF_EXITING)) return t;
    return nullptr;
}

TRACED(void, __wake_up_parent, (task_struct*, p), (task_struct*, parent)) { version().process.wakeWaiters(p, parent); }

}  // namespace kernel
