// Linux kernel/kcmp.c: kcmp(2). The order is that in which the objects were made.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/ptrace.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {
namespace {

enum { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM, KCMP_EPOLL_TFD, KCMP_TYPES };

long order(const Object* a, const Object* b) {
    if (a == b) return 0;
    if (!a || !b) return a ? 2 : 1;
    return a->objectSerial() < b->objectSerial() ? 1 : 2;
}

const file* fileOf(const task_struct* task, u64 fd) {
    const files_struct* const files = task->files;
    return files && fd < files->fdt.fd.size() ? files->fdt.fd[fd] : nullptr;
}

}  // namespace

SYSCALL_DEFINE(5, kcmp, (pid_t, pid1), (pid_t, pid2), (int, type), (u64, idx1), (u64, idx2)) {
    task_struct *const one = find_task_by_vpid(pid1), *const two = find_task_by_vpid(pid2);
    if (!one || !two) return -ESRCH;
    for (task_struct* task : {one, two})
        if (!ptrace_may_access(task, PTRACE_MODE_READ | PTRACE_MODE_REALCREDS)) return -EPERM;
    switch (type) {
        case KCMP_FILE: {
            const file *const a = fileOf(one, idx1), *const b = fileOf(two, idx2);
            return a && b ? order(a, b) : -EBADF;
        }
        case KCMP_VM: return order(one->mm, two->mm);
        case KCMP_FILES: return order(one->files, two->files);
        case KCMP_FS: return order(one->fs, two->fs);
        case KCMP_SIGHAND: return order(one->sighand, two->sighand);
        case KCMP_IO: return 0;             // nobody has an io_context
        case KCMP_SYSVSEM: case KCMP_EPOLL_TFD: return missing(Missing::comparisons);
        default: return -EINVAL;
    }
}

}  // namespace kernel
