// Linux kernel/fork.c: unshare(2).
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/kernel/fork.hpp"

namespace kernel {
namespace {

constexpr u64 NEWTIME = 0x80;
constexpr u64 NAMESPACES =
    CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUSER | CLONE_NEWCGROUP | NEWTIME;
constexpr u64 KNOWN = NAMESPACES | CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_SYSVSEM;

// What cannot be taken apart later must not have been shared.
int check_unshare_flags(u64 flags) {
    if (!flags || flags & ~KNOWN) return flags ? -EINVAL : 0;
    if (flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM) && !thread_group_empty(current)) return -EINVAL;
    if (flags & (CLONE_SIGHAND | CLONE_VM) && current->sighand->count > 1) return -EINVAL;
    return flags & CLONE_VM && current->mm->mm_users > 1 ? -EINVAL : 0;
}

int unshare_fs() {
    fs_struct* const shared = current->fs;
    if (shared->users == 1) return 0;
    fs_struct* const own = copy_fs_struct(shared);
    if (!own) return -ENOMEM;
    current->fs = own;
    --shared->users;
    return 0;
}

}  // namespace

SYSCALL_DEFINE(1, unshare, (u64, unshare_flags)) {
    if (unshare_flags & CLONE_NEWUSER) unshare_flags |= CLONE_THREAD | CLONE_FS;
    if (unshare_flags & CLONE_VM) unshare_flags |= CLONE_SIGHAND;
    if (unshare_flags & CLONE_SIGHAND) unshare_flags |= CLONE_THREAD;
    if (unshare_flags & CLONE_NEWNS) unshare_flags |= CLONE_FS;
    TRY_INT(check_unshare_flags(unshare_flags));
    if (unshare_flags & NAMESPACES) return missing(Missing::namespaces);
    if (unshare_flags & CLONE_FS) TRY_INT(unshare_fs());
    files_struct* shared = nullptr;
    if (unshare_flags & CLONE_FILES) TRY_INT(unshareFiles(&shared));
    if (shared) put_files_struct(shared);
    if (unshare_flags & CLONE_SYSVSEM) exit_sem(current);
    return 0;
}

}  // namespace kernel
