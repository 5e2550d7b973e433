// Opening, closing and changing files by name or descriptor (Linux fs/open.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>
#include <optional>

namespace kernel {

void mqueue_flush_file(const file*);        // ipc/mqueue.cpp: f_op->flush, which only message queues have

namespace {

int accessMode(u32 flags) {                 // ACC_MODE of Linux include/linux/fs.h; access mode 3 wants both
    switch (flags & O_ACCMODE) {
        case O_RDONLY: return MAY_READ;
        case O_WRONLY: return MAY_WRITE;
        default: return MAY_READ | MAY_WRITE;
    }
}

constexpr u32 VALID_OPEN_FLAGS = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC |
                                 O_DIRECT | 0100000 /*O_LARGEFILE*/ | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_ASYNC;

constexpr u64 RENAMEAT2 = 316;              // a year younger than O_TMPFILE
constexpr u32 TMPFILE = O_TMPFILE & ~O_DIRECTORY;
int checkTmpfile(u32 flags) {
    if (!(flags & TMPFILE)) return 0;
    return flags & O_DIRECTORY && !(flags & O_CREAT) && accessMode(flags) & MAY_WRITE ? 0 : -EINVAL;
}

template <class Open>
long installOpened(u32 flags, Open open) {
    const int fd = get_unused_fd_flags(flags);
    if (fd < 0) return fd;
    auto f = open();
    if (!f.ok()) {
        put_unused_fd(static_cast<unsigned>(fd));
        return f.error();
    }
    fsnotify(IN_OPEN, *f);
    fd_install(static_cast<unsigned>(fd), *f);
    return fd;
}

struct OpenHow { u64 flags, mode, resolve; };
Result<OpenHow> openHow(UserPtr<void> how, u64 size) {
    OpenHow known{};
    if (size < sizeof known) return Failure{-EINVAL};
    if (size > PAGE_SIZE) return Failure{-E2BIG};
    std::vector<u8> more(size - sizeof known);
    if (copy_from_user(more.data(), how + sizeof known, more.size())) return Failure{-EFAULT};
    if (std::ranges::any_of(more, [](u8 byte) { return byte != 0; })) return Failure{-E2BIG};
    if (copy_from_user(&known, how, sizeof known)) return Failure{-EFAULT};
    return known;
}

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

}  // namespace

TRACED(long, do_sys_open, (int, dfd), (UserPtr<const char>, filename), (u32, flags), (umode_t, mode)) {
    const std::string path = TRY(getname(filename));
    flags &= inProfile(RENAMEAT2) ? VALID_OPEN_FLAGS | TMPFILE : VALID_OPEN_FLAGS;
    mode &= flags & (O_CREAT | TMPFILE) ? 07777 : 0;
    TRY_INT(checkTmpfile(flags));
    return installOpened(flags, [&] { return do_filp_open(dfd, path, flags, mode, accessMode(flags) | MAY_OPEN); });
}

// openat2(2): what openat lets pass is refused.
SYSCALL_DEFINE(4, openat2, (int, dfd), (UserPtr<const char>, filename), (UserPtr<void>, how), (u64, usize)) {
    constexpr u64 valid_resolve =
        RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED;
    const auto [wide_flags, mode, resolve] = TRY(openHow(how, usize));
    const u64 both = RESOLVE_BENEATH | RESOLVE_IN_ROOT;
    if (wide_flags & ~u64{VALID_OPEN_FLAGS | TMPFILE} || resolve & ~valid_resolve || (resolve & both) == both) return -EINVAL;
    const auto flags = static_cast<u32>(wide_flags);
    if (flags & (O_CREAT | TMPFILE) ? (mode & ~u64{07777}) != 0 : mode != 0) return -EINVAL;
    TRY_INT(checkTmpfile(flags));
    if (flags & O_PATH && flags & ~u32{O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC}) return -EINVAL;
    if (resolve & RESOLVE_CACHED && flags & (O_TRUNC | O_CREAT | TMPFILE)) return -EAGAIN;
    const std::string path = TRY(getname(filename));
    const int wanted = flags & O_PATH ? 0 : accessMode(flags) | MAY_OPEN | (flags & O_TRUNC ? MAY_WRITE : 0);
    return installOpened(flags, [&] { return openRestricted(dfd, path, flags, static_cast<umode_t>(mode), wanted, resolve); });
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

TRACED(int, filp_close, (file*, filp), (files_struct*, id)) {
    mqueue_flush_file(filp);
    if (!(filp->f_mode & FMODE_PATH)) locks_remove_posix(filp, id);
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

int chmod_common(dentry* d, umode_t mode) {
    inode* const node = d->d_inode;
    if (node->i_sb->read_only) return -EROFS;
    if (!privilegedFiles(CAP_FOWNER) && current->cred->fsuid != node->i_uid.get()) return -EPERM;
    if (!privilegedFiles(CAP_FSETID) && !inGroup(node->i_gid)) mode &= static_cast<umode_t>(~S_ISGID);
    TRY_INT(notify_change(node, {.ia_valid = ATTR_MODE, .ia_mode = static_cast<umode_t>(mode & 07777)}));
    fsnotify(IN_ATTRIB, d);
    return 0;
}

// chown(2): -1 leaves an id; an executable file loses its set-id bits.
int chown_common(dentry* d, uid_t user, gid_t group) {
    inode* const node = d->d_inode;
    constexpr u32 keep = ~u32{0};
    if (node->i_sb->read_only) return -EROFS;
    if (!privilegedFiles(CAP_CHOWN)) {
        const bool owner = current->cred->fsuid == node->i_uid.get();
        if (user != keep && !(owner && user == node->i_uid.get())) return -EPERM;
        if (group != keep && !(owner && (inGroup(group) || group == node->i_gid.get()))) return -EPERM;
    }
    iattr attr{.ia_valid = (user != keep ? ATTR_UID : 0) | (group != keep ? ATTR_GID : 0), .ia_uid = user, .ia_gid = group};
    const umode_t mode = withoutSetId(node->i_mode);
    if (mode != node->i_mode) {
        attr.ia_valid |= ATTR_MODE;
        attr.ia_mode = static_cast<umode_t>(mode & 07777);
    }
    TRY_INT(notify_change(node, attr));
    fsnotify(IN_ATTRIB, d);
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
    return f ? chmod_common(f->f_path, mode) : -EBADF;
}
SYSCALL_DEFINE(3, fchmodat, (int, dfd), (UserPtr<const char>, filename), (umode_t, mode)) {
    const std::string path = TRY(getname(filename));
    const DentryRef d(TRY(path_lookup(path, dfd, true)));
    return chmod_common(d.get(), mode);
}
SYSCALL_DEFINE(2, chmod, (UserPtr<const char>, filename), (umode_t, mode)) { return sys_fchmodat(AT_FDCWD, filename, mode); }

SYSCALL_DEFINE(5, fchownat, (int, dfd), (UserPtr<const char>, filename), (uid_t, user), (gid_t, group), (int, flag)) {
    if (flag & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    const DentryRef d(TRY(path_lookup_at(dfd, filename, flag)));
    return chown_common(d.get(), user, group);
}
SYSCALL_DEFINE(3, chown, (UserPtr<const char>, filename), (uid_t, user), (gid_t, group)) {
    return sys_fchownat(AT_FDCWD, filename, user, group, 0);
}
SYSCALL_DEFINE(3, lchown, (UserPtr<const char>, filename), (uid_t, user), (gid_t, group)) {
    return sys_fchownat(AT_FDCWD, filename, user, group, AT_SYMLINK_NOFOLLOW);
}
SYSCALL_DEFINE(3, fchown, (unsigned, fd), (uid_t, user), (gid_t, group)) {
    const FileRef f(fd);
    return f ? chown_common(f->f_path, user, group) : -EBADF;
}

}  // namespace kernel
