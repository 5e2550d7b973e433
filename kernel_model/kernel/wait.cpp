// Linux kernel/exit.c: wait4(2), waitid(2).
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

namespace kernel {
namespace {

struct wait_opts {
    int type;                               // P_ALL, P_PID, P_PGID
    int id;
    int flags;
    int notask_error = -ECHILD;
    int status = 0;                         // of the child that was found
    kernel_siginfo info;
    Rusage usage{};
};
traces::Value traceValue(const wait_opts* wo) {
    using traces::Value;
    return Value::object().with("type", Value::count(wo->type)).with("id", Value::count(wo->id)).with("flags", Value::count(wo->flags));
}

bool eligible_pid(const wait_opts* wo, const task_struct* p) {
    if (wo->type == P_PID) return p->pid == wo->id;
    if (wo->type == P_PGID) return task_pgrp_nr(p) == wo->id;
    return true;
}
// Clone children (whose exit signal is not SIGCHLD) count with __WCLONE, all with __WALL.
bool eligible_child(const wait_opts* wo, const task_struct* p) {
    if (!eligible_pid(wo, p)) return false;
    const bool clone = p->exit_signal != SIGCHLD, wanted = wo->flags & static_cast<int>(__WCLONE);
    return clone == wanted || (wo->flags & __WALL);
}
void describe(wait_opts* wo, const task_struct* p, int why, int status) {
    wo->info = kernel_siginfo();
    wo->info.si_signo = SIGCHLD;
    wo->info.si_code = why;
    wo->info.si_pid = p->pid;
    wo->info.si_uid = p->cred->uid;
    wo->info.si_status = status;
}
void describeExit(wait_opts* wo, const task_struct* p, int status) {
    if (status & 0x7f) describe(wo, p, status & 0x80 ? CLD_DUMPED : CLD_KILLED, status & 0x7f);
    else describe(wo, p, CLD_EXITED, status >> 8);
}
void addChildTimes(signal_struct* mine, const task_struct* p) {
    const signal_struct* his = p->signal;
    mine->cutime += p->utime + his->utime + his->cutime;
    mine->cstime += p->stime + his->stime + his->cstime;
    mine->cmin_flt += p->min_flt + his->min_flt + his->cmin_flt;
    mine->cmaj_flt += p->maj_flt + his->maj_flt + his->cmaj_flt;
}

}  // namespace

static TRACED(int, wait_task_zombie, (wait_opts*, wo), (task_struct*, p)) {
    if (!(wo->flags & WEXITED)) return 0;
    const int pid = p->pid;
    const int status = p->signal->flags & SIGNAL_GROUP_EXIT ? p->signal->group_exit_code : p->exit_code;
    describeExit(wo, p, status);
    wo->status = status;
    wo->usage = rusageOf(p, -2);
    if (wo->flags & static_cast<int>(WNOWAIT)) return pid;
    p->exit_state = EXIT_DEAD;
    addChildTimes(current->signal, p);
    release_task(p);
    return pid;
}

static TRACED(int, wait_task_stopped, (wait_opts*, wo), (task_struct*, p)) {
    if (!(wo->flags & WUNTRACED) || !(p->signal->flags & SIGNAL_STOP_STOPPED) || !p->signal->group_exit_code.get()) return 0;
    const int code = p->signal->group_exit_code;
    if (!(wo->flags & static_cast<int>(WNOWAIT))) p->signal->group_exit_code = 0;
    describe(wo, p, CLD_STOPPED, code);
    wo->status = code << 8 | 0x7f;
    wo->usage = rusageOf(p, -2);
    return p->pid;
}

static TRACED(int, wait_task_continued, (wait_opts*, wo), (task_struct*, p)) {
    if (!(wo->flags & WCONTINUED) || !(p->signal->flags & SIGNAL_STOP_CONTINUED)) return 0;
    if (!(wo->flags & static_cast<int>(WNOWAIT))) p->signal->flags &= ~SIGNAL_STOP_CONTINUED;
    describe(wo, p, CLD_CONTINUED, SIGCONT);
    wo->status = 0xffff;
    wo->usage = rusageOf(p, -2);
    return p->pid;
}

static TRACED(int, wait_consider_task, (wait_opts*, wo), (task_struct*, p)) {
    if (!eligible_child(wo, p) || p->exit_state == EXIT_DEAD) return 0;
    if (p->exit_state == EXIT_ZOMBIE && thread_group_empty(p)) return wait_task_zombie(wo, p);
    wo->notask_error = 0;                   // something to wait for
    if (p->exit_state == EXIT_ZOMBIE) return 0;
    if (const int pid = wait_task_stopped(wo, p)) return pid;
    return wait_task_continued(wo, p);
}

static TRACED(int, do_wait_thread, (wait_opts*, wo), (task_struct*, tsk)) {
    const std::list<task_struct*> children = tsk->children;
    for (task_struct* p : children)
        if (const int pid = wait_consider_task(wo, p)) return pid;
    return 0;
}
static TRACED(int, ptrace_do_wait, (wait_opts*, wo), (task_struct*, tsk)) { return 0; }

// One scan of the children of every thread of the group.
static int findChild(wait_opts* wo) {
    const std::list<task_struct*> threads = current->group_leader->thread_group;
    for (task_struct* tsk : threads) {
        if (const int pid = do_wait_thread(wo, tsk)) return pid;
        if (const int pid = ptrace_do_wait(wo, tsk)) return pid;
        if (wo->flags & static_cast<int>(__WNOTHREAD)) break;
    }
    return 0;
}

static TRACED(int, do_wait, (wait_opts*, wo)) {
    wait_queue_head_t& queue = current->signal->wait_chldexit;
    queue.task_list.push_back(current);
    int result = 0;
    for (;;) {
        wo->notask_error = -ECHILD;
        set_current_state(TASK_INTERRUPTIBLE);
        if ((result = findChild(wo)) != 0) break;
        if ((result = wo->notask_error) != 0 || (wo->flags & WNOHANG)) break;
        if (signal_pending(current)) {
            result = -ERESTARTSYS;
            break;
        }
        schedule();
    }
    set_current_state(TASK_RUNNING);
    queue.task_list.remove(current);
    return result;
}

SYSCALL_DEFINE(4, wait4, (int, upid), (UserPtr<int>, stat_addr), (int, options), (UserPtr<Rusage>, ru)) {
    if (options & ~static_cast<int>(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)) return -EINVAL;
    wait_opts wo{P_ALL, 0, options | WEXITED, -ECHILD, 0, {}, {}};
    if (upid < -1) {
        wo.type = P_PGID;
        wo.id = -upid;
    } else if (upid == 0) {
        wo.type = P_PGID;
        wo.id = task_pgrp_nr(current);
    } else if (upid > 0) {
        wo.type = P_PID;
        wo.id = upid;
    }
    const long pid = do_wait(&wo);
    if (pid <= 0) return pid;
    if (stat_addr && put_user(wo.status, stat_addr)) return -EFAULT;    // the child is reaped all the same
    if (ru && put_user(wo.usage, ru)) return -EFAULT;
    return pid;
}

SYSCALL_DEFINE(5, waitid, (int, which), (int, upid), (UserPtr<void>, infop), (int, options), (UserPtr<Rusage>, ru)) {
    if (options & ~static_cast<int>(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED)) return -EINVAL;
    if (!(options & (WEXITED | WSTOPPED | WCONTINUED))) return -EINVAL;
    if (which != P_ALL && which != P_PID && which != P_PGID) return -EINVAL;
    if (which != P_ALL && upid <= 0) return -EINVAL;
    wait_opts wo{which, upid, options, -ECHILD, 0, {}, {}};
    const long pid = do_wait(&wo);
    if (pid > 0 && ru && put_user(wo.usage, ru)) return -EFAULT;
    if (pid < 0) return pid;
    if (infop && copy_to_user(infop, &wo.info, sizeof wo.info)) return -EFAULT;
    return 0;
}

}  // namespace kernel
