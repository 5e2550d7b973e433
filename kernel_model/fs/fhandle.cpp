// Linux fs/fhandle.c: name_to_handle_at(2), open_by_handle_at(2). No file system here can find a file by a number: what they answer then.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {

SYSCALL_DEFINE(5, name_to_handle_at, (int, dfd), (UserPtr<const char>, name), (UserPtr<u32>, handle), (UserPtr<int>, mnt_id), (int, flag)) {
    if (flag & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    const DentryRef d(TRY(path_lookup_at(dfd, name, (flag & AT_EMPTY_PATH) | (flag & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW))));
    if (d->d_inode->i_sb->s_magic != TMPFS_MAGIC && d->d_inode->i_sb->s_magic != EXT4_SUPER_MAGIC) return -EOPNOTSUPP;    // nor can Linux's
    if (TRY(get_user(handle)) > MAX_HANDLE_SZ) return -EINVAL;
    return missing(Missing::file_handles);
}

SYSCALL_DEFINE(3, open_by_handle_at, (int, mountdirfd), (UserPtr<u32>, handle), (int, flags)) {
    if (!capable(CAP_DAC_READ_SEARCH)) return -EPERM;
    if (mountdirfd != AT_FDCWD && !FileRef(static_cast<unsigned>(mountdirfd))) return -EBADF;
    const u32 bytes = TRY(get_user(handle));
    if (bytes == 0 || bytes > MAX_HANDLE_SZ) return -EINVAL;
    return missing(Missing::files_by_handle);
}

}  // namespace kernel
