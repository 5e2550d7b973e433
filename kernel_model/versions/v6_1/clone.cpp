// Linux 6.1 kernel/fork.c: kernel_clone and who calls it; kernel/pid.c: alloc_pid.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/versions/v6_1/fork.hpp"

#include <climits>

namespace kernel::v6_1 {
namespace {

constexpr int PID_MAX = 32768;

// clone3(2), set_tid: only for the innermost pid namespace, of which there is one.
Result<int> chosenNumber(const std::vector<pid_t>& set_tid) {
    if (set_tid.size() > 1) return Failure{-EINVAL};
    if (set_tid.front() < 1 || set_tid.front() >= PID_MAX) return Failure{-EINVAL};
    if (!capable(CAP_SYS_ADMIN) && !capable(CAP_CHECKPOINT_RESTORE)) return Failure{-EPERM};
    return set_tid.front();
}

bool descriptorHasNoPlace(const kernel_clone_args& args) {
    return args.flags & CLONE_PIDFD && args.flags & CLONE_PARENT_SETTID && args.pidfd == args.parent_tid;
}

}  // namespace

TRACED(Result<pid*>, alloc_pid, (const kernel_clone_args*, args)) {
    if (!args->set_tid.empty()) {
        const int nr = TRY(chosenNumber(args->set_tid));
        pid* number = newPid(nr);
        return number ? Result<pid*>(number) : Failure{-EEXIST};
    }
    pid* number = newPid(nextPidNumber());
    if (!check("a pid is free", number != nullptr, nr_threads)) return Failure{-EAGAIN};
    return number;
}

static TRACED(pid*, get_task_pid, (task_struct*, task), (pid_type, type)) {
    pid* number = task->pids[type];
    ++number->count;
    return number;
}

TRACED(long, kernel_clone, (kernel_clone_args*, args)) {
    const u64 flags = args->flags;
    if (descriptorHasNoPlace(*args)) return -EINVAL;
    task_struct* p = TRY(copy_process(args));
    traceFork(current, p);
    pid* number = get_task_pid(p, PIDTYPE_PID);
    const pid_t nr = number->nr;            // pid_vnr: one pid namespace
    if (flags & CLONE_PARENT_SETTID) static_cast<void>(put_user(static_cast<int>(nr), args->parent_tid));
    completion vfork;
    if (flags & CLONE_VFORK) {
        p->vfork_done = &vfork;
        ++p->usage;
    }
    wake_up_new_task(p);
    if (flags & CLONE_VFORK) wait_for_vfork_done(p, &vfork);
    put_pid(number);
    return nr;
}

static kernel_clone_args inKernel(KernelThreadFunction fn, ThreadArgument arg, u64 flags) {
    kernel_clone_args args;
    args.flags = (flags & ~u64{CSIGNAL}) | CLONE_VM | CLONE_UNTRACED;
    args.exit_signal = static_cast<int>(flags & CSIGNAL);
    args.fn = fn;
    args.fn_arg = arg;
    return args;
}
TRACED(pid_t, kernel_thread, (KernelThreadFunction, fn), (ThreadArgument, arg), (u64, flags)) {
    kernel_clone_args args = inKernel(fn, arg, flags);
    args.kthread = true;
    return static_cast<pid_t>(kernel_clone(&args));
}
TRACED(pid_t, user_mode_thread, (KernelThreadFunction, fn), (ThreadArgument, arg), (u64, flags)) {
    kernel_clone_args args = inKernel(fn, arg, flags);
    return static_cast<pid_t>(kernel_clone(&args));
}

}  // namespace kernel::v6_1
