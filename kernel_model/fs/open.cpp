// Opening, closing and changing files by name or descriptor (Linux fs/open.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/fs/ramfs/space.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <optional>

namespace kernel {
namespace {

int accessMode(u32 flags) {                 // ACC_MODE of Linux include/linux/fs.h; access mode 3 wants both
    switch (flags & O_ACCMODE) {
        case O_RDONLY: return MAY_READ;
        case O_WRONLY: return MAY_WRITE;
        default: return MAY_READ | MAY_WRITE;
    }
}

constexpr u32 VALID_OPEN_FLAGS = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC |
                                 O_DIRECT | 0100000 /*O_LARGEFILE*/ | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH;

// faccessat(2): the check is made with the real ids, and with the capabilities that they would have.
class RealIds {
public:
    RealIds() : cred_(current->cred), fsuid_(cred_->fsuid), fsgid_(cred_->fsgid), effective_(cred_->cap_effective) {
        cred_->cap_effective.quiet() = cred_->uid == 0u ? cred_->cap_permitted.get() : 0;
        cred_->fsuid.quiet() = cred_->uid;
        cred_->fsgid.quiet() = cred_->gid;
    }
    ~RealIds() {
        cred_->fsuid.quiet() = fsuid_;
        cred_->fsgid.quiet() = fsgid_;
        cred_->cap_effective.quiet() = effective_;
    }

private:
    cred* cred_;
    uid_t fsuid_;
    gid_t fsgid_;
    u64 effective_;
};

int truncateInode(inode* node, loff_t length) {
    if (S_ISDIR(node->i_mode)) return -EISDIR;
    if (!S_ISREG(node->i_mode)) return -EINVAL;
    return setInodeSize(node, length);
}

}  // namespace

// Linux fs/attr.c: inode_newsize_ok.
int setInodeSize(inode* node, loff_t size) {
    if (size > node->i_size && static_cast<u64>(size) > rlimit_cur(RLIMIT_FSIZE)) {
        send_sig(SIGXFSZ, current, 0);
        return -EFBIG;
    }
    return node->i_op ? node->i_op->setsize(node, size) : -EINVAL;
}

TRACED(long, do_sys_open, (int, dfd), (UserPtr<const char>, filename), (u32, flags), (umode_t, mode)) {
    const std::string path = TRY(getname(filename));
    flags &= VALID_OPEN_FLAGS;
    if (flags & O_CREAT) mode &= 07777;
    else mode = 0;
    const int fd = get_unused_fd_flags(flags);
    if (fd < 0) return fd;
    auto f = do_filp_open(dfd, path, flags, mode, accessMode(flags) | MAY_OPEN);
    if (!f.ok()) {
        put_unused_fd(static_cast<unsigned>(fd));
        return f.error();
    }
    fd_install(static_cast<unsigned>(fd), *f);
    return fd;
}

SYSCALL_DEFINE(3, open, (UserPtr<const char>, filename), (int, flags), (umode_t, mode)) {
    return do_sys_open(AT_FDCWD, filename, static_cast<u32>(flags), mode);
}
SYSCALL_DEFINE(4, openat, (int, dfd), (UserPtr<const char>, filename), (int, flags), (umode_t, mode)) {
    return do_sys_open(dfd, filename, static_cast<u32>(flags), mode);
}
SYSCALL_DEFINE(2, creat, (UserPtr<const char>, pathname), (umode_t, mode)) {
    return do_sys_open(AT_FDCWD, pathname, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

TRACED(int, filp_close, (file*, filp)) {
    fput(filp);
    return 0;
}
SYSCALL_DEFINE(1, close, (unsigned, fd)) { return close_fd(fd); }

SYSCALL_DEFINE(3, faccessat, (int, dfd), (UserPtr<const char>, filename), (int, mode)) {
    if (mode & ~7) return -EINVAL;
    const std::string path = TRY(getname(filename));
    const RealIds ids;
    const DentryRef d(TRY(path_lookup(path, dfd, true)));
    return inode_permission(d->d_inode, mode);
}
// faccessat(2): AT_EACCESS asks with the effective ids.
SYSCALL_DEFINE(4, faccessat2, (int, dfd), (UserPtr<const char>, filename), (int, mode), (int, flags)) {
    if (mode & ~7 || flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    std::optional<RealIds> ids;
    if (!(flags & AT_EACCESS)) ids.emplace();
    const DentryRef d(TRY(path_lookup_at(dfd, filename, flags & (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))));
    return inode_permission(d->d_inode, mode);
}
SYSCALL_DEFINE(2, access, (UserPtr<const char>, filename), (int, mode)) { return sys_faccessat(AT_FDCWD, filename, mode); }

namespace {

void set_fs_pwd(fs_struct* fs, dentry* d) { dput(std::exchange(fs->pwd, dget(d))); }

int changeDirectory(dentry* d) {
    if (!S_ISDIR(d->d_inode->i_mode)) return -ENOTDIR;
    TRY_INT(inode_permission(d->d_inode, MAY_EXEC));
    set_fs_pwd(current->fs, d);
    return 0;
}

int changeMode(inode* node, umode_t mode) {
    if (node->i_sb->read_only) return -EROFS;
    if (!privilegedFiles(CAP_FOWNER) && current->cred->fsuid != node->i_uid.get()) return -EPERM;
    if (!privilegedFiles(CAP_FSETID) && !inGroup(node->i_gid)) mode &= static_cast<umode_t>(~S_ISGID);
    node->i_mode = static_cast<umode_t>((node->i_mode & S_IFMT) | (mode & 07777));
    node->i_ctime = currentTime();
    return 0;
}

// chown(2): -1 leaves an id; an executable file loses its set-id bits.
int changeOwner(inode* node, uid_t user, gid_t group) {
    constexpr u32 keep = ~u32{0};
    if (node->i_sb->read_only) return -EROFS;
    if (!privilegedFiles(CAP_CHOWN)) {
        const bool owner = current->cred->fsuid == node->i_uid.get();
        if (user != keep && !(owner && user == node->i_uid.get())) return -EPERM;
        if (group != keep && !(owner && (inGroup(group) || group == node->i_gid.get()))) return -EPERM;
    }
    if (user != keep) node->i_uid = user;
    if (group != keep) node->i_gid = group;
    if (!S_ISDIR(node->i_mode)) {
        node->i_mode &= static_cast<umode_t>(~S_ISUID);
        if (node->i_mode & S_IXGRP) node->i_mode &= static_cast<umode_t>(~S_ISGID);
    }
    node->i_ctime = currentTime();
    return 0;
}

}  // namespace

SYSCALL_DEFINE(1, chdir, (UserPtr<const char>, filename)) {
    const std::string path = TRY(getname(filename));
    const DentryRef d(TRY(path_lookup(path, AT_FDCWD, true)));
    return changeDirectory(d.get());
}
SYSCALL_DEFINE(1, fchdir, (unsigned, fd)) {
    const FileRef f(fd, FileRef::Kind::raw);
    return f ? changeDirectory(f->f_path) : -EBADF;
}
SYSCALL_DEFINE(1, chroot, (UserPtr<const char>, filename)) {
    const std::string path = TRY(getname(filename));
    const DentryRef d(TRY(path_lookup(path, AT_FDCWD, true)));
    if (!S_ISDIR(d->d_inode->i_mode)) return -ENOTDIR;
    TRY_INT(inode_permission(d->d_inode, MAY_EXEC));
    if (!capable(CAP_SYS_CHROOT)) return -EPERM;
    dput(std::exchange(current->fs->root, dget(d.get())));
    return 0;
}

SYSCALL_DEFINE(2, fchmod, (unsigned, fd), (umode_t, mode)) {
    const FileRef f(fd);
    return f ? changeMode(f->f_inode, mode) : -EBADF;
}
SYSCALL_DEFINE(3, fchmodat, (int, dfd), (UserPtr<const char>, filename), (umode_t, mode)) {
    const std::string path = TRY(getname(filename));
    const DentryRef d(TRY(path_lookup(path, dfd, true)));
    return changeMode(d->d_inode, mode);
}
SYSCALL_DEFINE(2, chmod, (UserPtr<const char>, filename), (umode_t, mode)) { return sys_fchmodat(AT_FDCWD, filename, mode); }

SYSCALL_DEFINE(5, fchownat, (int, dfd), (UserPtr<const char>, filename), (uid_t, user), (gid_t, group), (int, flag)) {
    if (flag & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    const DentryRef d(TRY(path_lookup_at(dfd, filename, flag)));
    return changeOwner(d->d_inode, user, group);
}
SYSCALL_DEFINE(3, chown, (UserPtr<const char>, filename), (uid_t, user), (gid_t, group)) {
    return sys_fchownat(AT_FDCWD, filename, user, group, 0);
}
SYSCALL_DEFINE(3, lchown, (UserPtr<const char>, filename), (uid_t, user), (gid_t, group)) {
    return sys_fchownat(AT_FDCWD, filename, user, group, AT_SYMLINK_NOFOLLOW);
}
SYSCALL_DEFINE(3, fchown, (unsigned, fd), (uid_t, user), (gid_t, group)) {
    const FileRef f(fd);
    return f ? changeOwner(f->f_inode, user, group) : -EBADF;
}

SYSCALL_DEFINE(2, truncate, (UserPtr<const char>, pathname), (i64, length)) {
    if (length < 0) return -EINVAL;
    const std::string path = TRY(getname(pathname));
    const DentryRef d(TRY(path_lookup(path, AT_FDCWD, true)));
    inode* const node = d->d_inode;
    if (S_ISDIR(node->i_mode)) return -EISDIR;
    TRY_INT(inode_permission(node, MAY_WRITE));
    TRY_INT(get_write_access(node));
    const int error = truncateInode(node, length);
    put_write_access(node);
    return error;
}
SYSCALL_DEFINE(2, ftruncate, (unsigned, fd), (i64, length)) {
    if (length < 0) return -EINVAL;
    const FileRef f(fd);
    if (!f) return -EBADF;
    if (!(f->f_mode & FMODE_WRITE)) return -EINVAL;
    return truncateInode(f->f_inode, length);
}
// fallocate(2): files here take no space in advance, so mode 0 only sets the size.
SYSCALL_DEFINE(4, fallocate, (int, fd), (int, mode), (i64, offset), (i64, len)) {
    if (offset < 0 || len <= 0) return -EINVAL;
    const FileRef f(static_cast<unsigned>(fd));
    if (!f) return -EBADF;
    if (mode & ~1) return -EOPNOTSUPP;      // FALLOC_FL_KEEP_SIZE
    if (!(f->f_mode & FMODE_WRITE)) return -EBADF;
    if (!S_ISREG(f->f_inode->i_mode)) return S_ISFIFO(f->f_inode->i_mode) ? -ESPIPE : -ENODEV;
    loff_t end = 0;
    if (__builtin_add_overflow(offset, len, &end)) return -EFBIG;
    if (end > f->f_inode->i_size && !spaceFor(static_cast<u64>(end - f->f_inode->i_size))) return -ENOSPC;
    return (mode & 1) || end <= f->f_inode->i_size ? 0 : setInodeSize(f->f_inode, end);
}

}  // namespace kernel
