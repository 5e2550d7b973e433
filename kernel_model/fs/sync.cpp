// fsync(2) and relatives (Linux fs/sync.c, mm/fadvise.c). Memory needs none; a writable bind has written already.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {
namespace {

long syncFile(unsigned fd) {
    const FileRef f(fd);
    if (!f) return -EBADF;
    if (!S_ISREG(f->f_inode->i_mode) && !S_ISDIR(f->f_inode->i_mode)) return -EINVAL;
    return f->f_op->fsync(f.get());
}

}  // namespace

SYSCALL_DEFINE(1, fsync, (unsigned, fd)) { return syncFile(fd); }
SYSCALL_DEFINE(1, fdatasync, (unsigned, fd)) { return syncFile(fd); }
SYSCALL_DEFINE(0, sync) {
    writeBackMappings();
    return 0;
}
SYSCALL_DEFINE(1, syncfs, (int, fd)) {
    const FileRef f(static_cast<unsigned>(fd));
    return f ? 0 : -EBADF;
}
SYSCALL_DEFINE(4, fadvise64, (int, fd), (loff_t, offset), (u64, len), (int, advice)) {
    const FileRef f(static_cast<unsigned>(fd));
    if (!f) return -EBADF;
    if (S_ISFIFO(f->f_inode->i_mode)) return -ESPIPE;
    return advice < 0 || advice > 5 || static_cast<i64>(len) < 0 ? -EINVAL : 0;
}
SYSCALL_DEFINE(4, sync_file_range, (int, fd), (loff_t, offset), (loff_t, nbytes), (unsigned, flags)) {
    const FileRef f(static_cast<unsigned>(fd));
    if (!f) return -EBADF;
    loff_t end = 0;
    if (flags & ~7u || offset < 0 || __builtin_add_overflow(offset, nbytes, &end) || end < offset) return -EINVAL;
    const umode_t mode = f->f_inode->i_mode;
    if (!S_ISREG(mode) && !S_ISBLK(mode) && !S_ISDIR(mode)) return -ESPIPE;
    return flags && S_ISREG(mode) ? f->f_op->fsync(f.get()) : 0;
}
SYSCALL_DEFINE(3, readahead, (int, fd), (loff_t, offset), (u64, count)) {
    const FileRef f(static_cast<unsigned>(fd));
    if (!f || !(f->f_mode & FMODE_READ)) return -EBADF;
    return S_ISREG(f->f_inode->i_mode) || S_ISBLK(f->f_inode->i_mode) ? 0 : -EINVAL;
}

}  // namespace kernel
