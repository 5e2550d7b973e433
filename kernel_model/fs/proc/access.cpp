// Whose the files of /proc/PID are and who may open, read and follow them (Linux fs/proc/base.c, fd.c).
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/ptrace.hpp"
#include "kernel_model/include/version/process.hpp"

namespace kernel {

// Linux task_dump_owner: of a process that is not dumpable, directories that all may read are its user's, everything else is root's.
ProcOwner procOwner(const task_struct* t, umode_t mode) {
    if (!t || !t->real_cred || (t->flags & PF_KTHREAD)) return {};
    const mm_struct* const mm = t->mm;
    const bool dumpable = mm && get_dumpable(mm) == SUID_DUMP_USER;
    if (mode != (S_IFDIR | 0555) && !dumpable) return {};
    return {t->real_cred->euid, t->real_cred->egid};
}

static bool mayLookInto(task_struct* t, u32 mode) { return ptrace_may_access(t, mode | PTRACE_MODE_FSCREDS); }
bool mayFollow(task_struct* t) { return !t || mayLookInto(t, PTRACE_MODE_READ); }

// proc_fd_permission: a process may always look into its own descriptors, whoever owns them.
bool ownDescriptors(const task_struct* t) { return version().process.fsCredsMode ? same_thread_group(t, current) : t == current; }

// mm_access: everyone has its own memory.
int checkProcAccess(ProcAccess access, task_struct* t, ProcMoment moment) {
    const bool opening = moment == ProcMoment::open;
    if (access == ProcAccess::everyone) return 0;
    if (access == ProcAccess::attaching) return opening || mayLookInto(t, PTRACE_MODE_ATTACH) ? 0 : -EPERM;
    const bool now = opening == (access == ProcAccess::opening || version().process.newerProc);
    return !now || !t->mm || t->mm == current->mm || mayLookInto(t, PTRACE_MODE_READ) ? 0 : -EACCES;
}

}  // namespace kernel
