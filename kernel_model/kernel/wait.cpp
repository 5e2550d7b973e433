// Linux kernel/exit.c: wait4(2), waitid(2). versions/*/wait.cpp look for the child.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/pidfd.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <algorithm>

namespace kernel {

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

namespace {

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
    mine->cnvcsw += p->nvcsw + his->nvcsw + his->cnvcsw;
    mine->cnivcsw += p->nivcsw + his->nivcsw + his->cnivcsw;
    mine->cmaxrss = std::max({mine->cmaxrss, his->maxrss, his->cmaxrss});
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

TRACED(int, wait_consider_task, (wait_opts*, wo), (task_struct*, p)) {
    if (p->exit_state == EXIT_DEAD || !eligible_child(wo, p)) return 0;
    if (p->exit_state == EXIT_ZOMBIE && thread_group_empty(p)) return wait_task_zombie(wo, p);
    // A dead leader whose threads live is something to wait for, unless only stops are asked for.
    if (p->exit_state != EXIT_ZOMBIE || (wo->flags & (WCONTINUED | WEXITED))) wo->notask_error = 0;
    if (const int pid = wait_task_stopped(wo, p)) return pid;
    return wait_task_continued(wo, p);
}

TRACED(int, do_wait_thread, (wait_opts*, wo), (task_struct*, tsk)) {
    for (task_struct* p : tsk->children)    // changed only by what ends the walk
        if (const int pid = wait_consider_task(wo, p)) return pid;
    return 0;
}

long waitFor(wait_opts* wo, int (*findChild)(wait_opts*)) {
    wait_queue_head_t& queue = current->signal->wait_chldexit;
    queue.task_list.push_back(current);
    current->child_wait = wo;
    long result = 0;
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
    current->child_wait = nullptr;
    queue.task_list.remove(current);
    return result;
}

SYSCALL_DEFINE(4, wait4, (int, upid), (UserPtr<int>, stat_addr), (int, options), (UserPtr<Rusage>, ru)) {
    if (options & ~static_cast<int>(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)) return -EINVAL;
    wait_opts wo;
    wo.type = P_ALL;
    wo.flags = options | WEXITED;
    if (upid < -1) {
        wo.type = P_PGID;
        wo.id = static_cast<int>(0u - static_cast<u32>(upid));
    } else if (upid == 0) {
        wo.type = P_PGID;
        wo.id = task_pgrp_nr(current);
    } else if (upid > 0) {
        wo.type = P_PID;
        wo.id = upid;
    }
    return version().process.wait4(&wo, stat_addr, ru);
}

// siginfo_t's fields of a child; the rest of the buffer stays as it is.
static int putChildInfo(UserPtr<void> to, const kernel_siginfo& info) {
    const u64 at = to.address;
    const int signo = info.si_pid ? SIGCHLD : 0;
    const bool bad = put_user(signo, UserPtr<int>{at}) || put_user(0, UserPtr<int>{at + 4}) ||
                     put_user(static_cast<int>(info.si_code), UserPtr<int>{at + 8}) ||
                     put_user(static_cast<int>(info.si_pid), UserPtr<int>{at + 16}) ||
                     put_user(static_cast<u32>(info.si_uid), UserPtr<u32>{at + 20}) ||
                     put_user(static_cast<int>(info.si_status), UserPtr<int>{at + 24});
    return bad ? -EFAULT : 0;
}

static int waitidTarget(wait_opts& wo, int which, int upid) {
    const ProcessVersion& process = version().process;
    wo.type = which;
    wo.id = upid;
    if (which == P_ALL) return 0;
    if (which == P_PID) return upid > 0 ? 0 : -EINVAL;
    if (which == P_PGID) {
        if (upid == 0 && process.ownGroupIsZero) wo.id = task_pgrp_nr(current);
        return wo.id > 0 ? 0 : -EINVAL;
    }
    if (which != P_PIDFD_TYPE || !process.hasPidfds || upid < 0) return -EINVAL;
    u32 file_flags = 0;
    const pid* const number = TRY(pidfd_get_pid(static_cast<unsigned>(upid), &file_flags));
    wo.type = P_PID;
    wo.id = number->nr;
    wo.nonblocking = file_flags & O_NONBLOCK;
    return find_vpid(wo.id) == number ? 0 : -ECHILD;        // the number may be another's by now
}

// pidfd_open(2), PIDFD_NONBLOCK: who would have to wait is told so.
static long waitOrNot(wait_opts& wo) {
    const bool again = wo.nonblocking && !(wo.flags & WNOHANG);
    if (again) wo.flags |= WNOHANG;
    const long found = version().process.do_wait(&wo);
    return found == 0 && again ? -EAGAIN : found;
}

SYSCALL_DEFINE(5, waitid, (int, which), (int, upid), (UserPtr<void>, infop), (int, options), (UserPtr<Rusage>, ru)) {
    const ProcessVersion& process = version().process;
    if (options & ~process.waitidOptions) return -EINVAL;
    if (!(options & (WEXITED | WSTOPPED | WCONTINUED))) return -EINVAL;
    wait_opts wo;
    wo.flags = options;
    long result = waitidTarget(wo, which, upid);
    if (result == 0) result = waitOrNot(wo);
    else if (!process.waitidFillsOnError) return result;
    if (result > 0 && ru && put_user(wo.usage, ru)) return -EFAULT;
    const int error = result < 0 ? static_cast<int>(result) : 0;
    if (!infop || (error && !process.waitidFillsOnError)) return error;
    return putChildInfo(infop, wo.info) ? -EFAULT : error;
}

}  // namespace kernel
