// truncate(2), fallocate(2): the part of Linux fs/open.c that is about sizes.
#include "kernel_model/fs/hostfs_nameless.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/fs/ramfs/space.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/mm/memfd.hpp"

namespace kernel {

// Linux fs/attr.c: inode_newsize_ok.
int setInodeSize(inode* node, loff_t size) {
    if (size > node->i_size && static_cast<u64>(size) > rlimit_cur(RLIMIT_FSIZE)) {
        send_sig(SIGXFSZ, current, 0);
        return -EFBIG;
    }
    if (!node->i_op) return -EINVAL;
    TRY_INT(file_remove_privs(node));
    return node->i_op->setsize(node, size);
}

namespace {

int truncateInode(dentry* d, loff_t length) {
    inode* const node = d->d_inode;
    if (S_ISDIR(node->i_mode)) return -EISDIR;
    if (!S_ISREG(node->i_mode)) return -EINVAL;
    const int error = setInodeSize(node, length);
    if (!error) fsnotify(IN_MODIFY, d);
    return error;
}

constexpr int KEEP_SIZE = 1, PUNCH_HOLE = 2, COLLAPSE_RANGE = 8, ZERO_RANGE = 0x10, INSERT_RANGE = 0x20, UNSHARE_RANGE = 0x40;
constexpr int KNOWN_MODES = KEEP_SIZE | PUNCH_HOLE | COLLAPSE_RANGE | ZERO_RANGE | INSERT_RANGE | UNSHARE_RANGE;

int checkMode(int mode) {
    if (mode & ~KNOWN_MODES || (mode & PUNCH_HOLE && mode & ZERO_RANGE)) return -EOPNOTSUPP;
    if (mode & PUNCH_HOLE && !(mode & KEEP_SIZE)) return -EOPNOTSUPP;
    for (const int alone : {COLLAPSE_RANGE, INSERT_RANGE})
        if (mode & alone && mode & ~alone) return -EINVAL;
    return mode & UNSHARE_RANGE && mode & ~(UNSHARE_RANGE | KEEP_SIZE) ? -EINVAL : 0;
}

int checkFile(const file* f, loff_t offset, loff_t len) {
    const umode_t mode = f->f_inode->i_mode;
    if (!(f->f_mode & FMODE_WRITE)) return -EBADF;
    if (S_ISFIFO(mode)) return -ESPIPE;
    if (S_ISDIR(mode)) return -EISDIR;
    if (!S_ISREG(mode)) return -ENODEV;
    loff_t end = 0;
    return __builtin_add_overflow(offset, len, &end) ? -EFBIG : 0;
}

int zeroRange(inode* node, loff_t offset, loff_t end) {
    if (sealsAllowWrite(node, offset, 0)) return -EPERM;
    const loff_t within = std::min(end, node->i_size.get());
    if (isWrittenThrough(node) && offset < within) TRY_INT(punchOnHost(node, offset, within));
    return zero_mapping_range(node, offset, within);
}

// Files here take no space in advance: mode 0 only sets the size.
int vfs_fallocate(file* f, int mode, loff_t offset, loff_t len) {
    inode* const node = f->f_inode;
    const loff_t end = offset + len;
    const bool on_tmpfs = node->i_sb->s_magic == TMPFS_MAGIC;
    if (on_tmpfs && mode & ~(KEEP_SIZE | PUNCH_HOLE)) return -EOPNOTSUPP;
    if (mode & (COLLAPSE_RANGE | INSERT_RANGE)) return missing(Missing::moving_ranges);
    if (mode & UNSHARE_RANGE) return -EOPNOTSUPP;           // as on an ext4
    if (mode & (PUNCH_HOLE | ZERO_RANGE)) TRY_INT(zeroRange(node, offset, end));
    if (mode & KEEP_SIZE || end <= node->i_size) return 0;
    if (!spaceFor(static_cast<u64>(end - node->i_size))) return -ENOSPC;
    return setInodeSize(node, end);
}

}  // namespace

SYSCALL_DEFINE(2, truncate, (UserPtr<const char>, pathname), (i64, length)) {
    if (length < 0) return -EINVAL;
    const std::string path = TRY(getname(pathname));
    const DentryRef d(TRY(path_lookup(path, AT_FDCWD, true)));
    inode* const node = d->d_inode;
    if (S_ISDIR(node->i_mode)) return -EISDIR;
    TRY_INT(inode_permission(node, MAY_WRITE));
    TRY_INT(get_write_access(node));
    const int error = truncateInode(d.get(), length);
    put_write_access(node);
    return error;
}
SYSCALL_DEFINE(2, ftruncate, (unsigned, fd), (i64, length)) {
    if (length < 0) return -EINVAL;
    const FileRef f(fd);
    if (!f) return -EBADF;
    if (!(f->f_mode & FMODE_WRITE)) return -EINVAL;
    return truncateInode(f->f_path, length);
}
SYSCALL_DEFINE(4, fallocate, (int, fd), (int, mode), (i64, offset), (i64, len)) {
    const FileRef f(static_cast<unsigned>(fd));
    if (!f) return -EBADF;
    if (offset < 0 || len <= 0) return -EINVAL;
    TRY_INT(checkMode(mode));
    TRY_INT(checkFile(f.get(), offset, len));
    const int error = vfs_fallocate(f.get(), mode, offset, len);
    if (!error) fsnotify(IN_MODIFY, f.get());
    return error;
}

}  // namespace kernel
