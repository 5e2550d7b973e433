// Linux kernel/pid.c, kernel/fork.c: pidfd_open(2), pidfd_getfd(2). pidfd_send_signal(2) is in signal_syscalls.cpp.
#include "kernel_model/kernel/pidfd.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/ptrace.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {
namespace {

constexpr u32 READABLE = 0x41;              // POLLIN | POLLRDNORM

// Linux has one queue for each pid; one for all wakes sleepers that look and sleep again.
wait_queue_head_t& wait_pidfd() {
    static auto& queue = *new wait_queue_head_t;
    return queue;
}

pid* pidOf(const file* f) { return *static_cast<pid**>(f->private_data.get()); }
task_struct* taskOf(const pid* number) { return number->tasks[PIDTYPE_PID].empty() ? nullptr : number->tasks[PIDTYPE_PID].front(); }

bool thread_group_exited(const pid* number) {
    const task_struct* const p = taskOf(number);
    return !p || (p->exit_state != TASK_RUNNING && thread_group_empty(p));
}

struct PidfdOperations : file_operations {
    void release(file* f) override { put_pid(pidOf(f)); }
    loff_t llseek(file*, loff_t, int) override { return -ESPIPE; }
    u32 poll(file* f) override { return thread_group_exited(pidOf(f)) ? READABLE : 0; }
    wait_queue_head_t* pollQueue(file*) override { return &wait_pidfd(); }
};
PidfdOperations* pidfdOperations() {
    static PidfdOperations operations;
    return &operations;
}

}  // namespace

TRACED(int, pidfd_create, (pid*, pid), (u32, flags)) {
    const int fd = TRY(anon_inode_getfd("[pidfd]", pidfdOperations(), std::make_shared<kernel::pid*>(pid), flags | O_RDWR | O_CLOEXEC));
    ++pid->count;
    return fd;
}

const pid* pidfd_pid(const file* f) { return f->f_op == pidfdOperations() ? pidOf(f) : nullptr; }

Result<pid*> pidfd_get_pid(unsigned fd, u32* flags) {
    const FileRef f(fd);
    if (!f || f->f_op != pidfdOperations()) return Failure{-EBADF};
    *flags = f->f_flags;
    return pidOf(f.get());
}

TRACED(void, do_notify_pidfd, (task_struct*, task)) { wake_up(wait_pidfd()); }

SYSCALL_DEFINE(2, pidfd_open, (pid_t, pid), (unsigned, flags)) {
    if (flags & ~unsigned{O_NONBLOCK} || pid <= 0) return -EINVAL;
    kernel::pid* const number = find_vpid(pid);
    if (!number) return -ESRCH;
    return number->tasks[PIDTYPE_TGID].empty() ? -EINVAL : pidfd_create(number, flags);
}

// The same open file, as if it had been sent through a socket.
SYSCALL_DEFINE(3, pidfd_getfd, (int, pidfd), (int, fd), (unsigned, flags)) {
    u32 unused = 0;
    if (flags) return -EINVAL;
    const kernel::pid* const number = TRY(pidfd_get_pid(static_cast<unsigned>(pidfd), &unused));
    task_struct* const task = taskOf(number);
    if (!task) return -ESRCH;
    if (!ptrace_may_access(task, PTRACE_MODE_ATTACH | PTRACE_MODE_REALCREDS)) return -EPERM;
    const files_struct* const files = task->files;
    if (!files) return -ESRCH;
    const auto wanted = static_cast<unsigned>(fd);
    file* const f = wanted < files->fdt.fd.size() ? files->fdt.fd[wanted] : nullptr;
    if (!f || f->f_mode & FMODE_PATH) return -EBADF;
    return f_dupfd(0, f, O_CLOEXEC);
}

}  // namespace kernel
