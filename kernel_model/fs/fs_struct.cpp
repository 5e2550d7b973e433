// Root, working directory and umask of a task (Linux fs/fs_struct.c; copy_fs: kernel/fork.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {

u32 currentUmask() { return current && current->fs ? static_cast<u32>(current->fs->umask.get()) : 022; }

TRACED(OrNull<fs_struct>, copy_fs_struct, (fs_struct*, old)) {
    auto* const fs = new fs_struct(old);
    fs->umask = old->umask;
    fs->root = dget(old->root);
    fs->pwd = dget(old->pwd);
    return fs;
}

static TRACED(void, free_fs_struct, (fs_struct*, fs)) {
    dput(fs->root);
    dput(fs->pwd);
    delete fs;
}

TRACED(int, copy_fs, (u64, clone_flags), (task_struct*, tsk)) {
    fs_struct* const fs = current->fs;
    if (!fs) return 0;
    if (clone_flags & CLONE_FS) {
        if (fs->in_exec) return -EAGAIN;
        ++fs->users;
        tsk->fs = fs;
        return 0;
    }
    tsk->fs = copy_fs_struct(fs);
    return tsk->fs ? 0 : -ENOMEM;
}

TRACED(void, exit_fs, (task_struct*, tsk)) {
    fs_struct* const fs = tsk->fs;
    if (!fs) return;
    tsk->fs = nullptr;
    --fs->users;
    if (fs->users == 0) free_fs_struct(fs);
}

SYSCALL_DEFINE(1, umask, (int, mask)) {
    const int old = current->fs->umask;
    current->fs->umask = mask & 0777;
    return old;
}

}  // namespace kernel
