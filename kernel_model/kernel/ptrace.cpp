// Access to other processes (Linux kernel/ptrace.c, security/commoncap.c cap_ptrace_access_check). There is no tracing.
#include "kernel_model/include/linux/ptrace.hpp"

#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/version/process.hpp"

namespace kernel {
namespace {

bool hasAllIds(const cred& his, uid_t uid, gid_t gid) {
    return his.euid == uid && his.suid == uid && his.uid == uid && his.egid == gid && his.sgid == gid && his.gid == gid;
}

bool isDumpable(const task_struct* task) {
    const mm_struct* const mm = task->mm;
    return mm ? get_dumpable(mm) == SUID_DUMP_USER : version().process.fsCredsMode;
}

bool mayAccess(const task_struct* task, bool fs_ids) {
    const bool own = version().process.fsCredsMode ? same_thread_group(task, current) : task == current;
    if (own) return true;
    const cred &mine = *current->cred, &his = *task->real_cred;
    const bool privileged = capable(CAP_SYS_PTRACE);
    if (!(fs_ids ? hasAllIds(his, mine.fsuid, mine.fsgid) : hasAllIds(his, mine.uid, mine.gid)) && !privileged) return false;
    if (!isDumpable(task) && !privileged) return false;
    const u64 caps = fs_ids ? mine.cap_effective : mine.cap_permitted;
    return !(his.cap_permitted & ~caps) || privileged;
}

}  // namespace

TRACED(bool, ptrace_may_access, (task_struct*, task), (u32, mode)) {
    return mayAccess(task, version().process.fsCredsMode && (mode & PTRACE_MODE_FSCREDS));
}

}  // namespace kernel
