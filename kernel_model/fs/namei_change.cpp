// Changing directories: mkdir, unlink, rename and the like (the last part of Linux fs/namei.c).
#include "kernel_model/fs/hostfs_nameless.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/coredump.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/mm/memfd.hpp"

namespace kernel {
namespace {

using Last = PathWalk::Last;

int walkToParent(PathWalk& walk, int dfd, const std::string& path) {
    TRY_INT(walk.start(dfd, path));
    return walk.toParent();
}
int walkToParent(PathWalk& walk, int dfd, UserPtr<const char> name) { return walkToParent(walk, dfd, TRY(getname(name))); }

// The new name must not exist. A trailing slash is for directories only.
int filename_create(PathWalk& walk, int dfd, UserPtr<const char> name, bool directory) {
    TRY_INT(walkToParent(walk, dfd, name));
    if (walk.type != Last::name) return -EEXIST;
    auto existing = walk.lookupLast();
    if (existing.ok()) {
        dput(*existing);
        return -EEXIST;
    }
    if (existing.error() != -ENOENT) return existing.error();
    if (walk.trailing_slash && !directory) return -ENOENT;
    return writeToDirectory(walk.at);
}

bool isSticky(inode* directory, inode* node) {
    if (!(directory->i_mode & S_ISVTX) || privilegedFiles(CAP_FOWNER)) return false;
    const uid_t fsuid = current->cred->fsuid;
    return fsuid != node->i_uid.get() && fsuid != directory->i_uid.get();
}

bool isMountPoint(const dentry* d) { return d->mounted || (d->d_parent == d && d->covers) || d == currentRoot(); }

bool isBelow(const dentry* d, const dentry* ancestor) {
    for (;; d = d->d_parent) {
        if (d == ancestor) return true;
        if (d->d_parent == d) return false;
    }
}

// Of a file that nobody holds any more, its own watches hear first.
void d_delete_notify(inode* directory, dentry* victim) {
    inode* const node = victim->d_inode;
    if (victim->d_count == 1 && (S_ISDIR(node->i_mode) || node->i_nlink == 0)) fsnotify_inoderemove(node);
    fsnotifyName(IN_DELETE, directory, victim->d_name, S_ISDIR(node->i_mode));
}

int created(int error, const PathWalk& walk, bool is_directory = false) {
    if (!error) fsnotifyCreate(walk.at->d_inode, walk.last, is_directory);
    return error;
}

int unlinkLast(PathWalk& walk) {
    if (walk.type != Last::name) return -EISDIR;
    const DentryRef d(TRY(walk.lookupLast()));
    if (walk.trailing_slash) return S_ISDIR(d->d_inode->i_mode) ? -EISDIR : -ENOTDIR;
    TRY_INT(may_delete(walk.at, d.get(), false));
    TRY_INT(walk.at->d_inode->i_op->unlink(walk.at->d_inode, d.get()));
    if (fsnotify_watches) {
        fsnotifyInode(IN_ATTRIB, d->d_inode);               // its number of links
        d_delete_notify(walk.at->d_inode, d.get());
    }
    return 0;
}
long do_unlinkat(int dfd, UserPtr<const char> pathname) {
    PathWalk walk;
    TRY_INT(walkToParent(walk, dfd, pathname));
    return unlinkLast(walk);
}

long do_rmdir(int dfd, UserPtr<const char> pathname) {
    PathWalk walk;
    TRY_INT(walkToParent(walk, dfd, pathname));
    if (walk.type == Last::dotdot) return -ENOTEMPTY;
    if (walk.type == Last::dot) return -EINVAL;
    if (walk.type == Last::root) return -EBUSY;
    const DentryRef d(TRY(walk.lookupLast()));
    TRY_INT(may_delete(walk.at, d.get(), true));
    TRY_INT(walk.at->d_inode->i_op->rmdir(walk.at->d_inode, d.get()));
    if (fsnotify_watches) d_delete_notify(walk.at->d_inode, d.get());
    return 0;
}

int checkRename(PathWalk& from, dentry* what, PathWalk& to, dentry* target, unsigned flags) {
    const bool directory = S_ISDIR(what->d_inode->i_mode), exchange = flags & RENAME_EXCHANGE;
    const bool target_directory = target && S_ISDIR(target->d_inode->i_mode);
    if (exchange && !target_directory && to.trailing_slash) return -ENOTDIR;
    if (!directory && (from.trailing_slash || (!exchange && to.trailing_slash))) return -ENOTDIR;
    if (directory && isBelow(to.at, what)) return -EINVAL;
    if (target && isBelow(from.at, target)) return exchange ? -EINVAL : -ENOTEMPTY;
    TRY_INT(may_delete(from.at, what, directory));
    if (target) TRY_INT(may_delete(to.at, target, exchange ? target_directory : directory));
    else TRY_INT(writeToDirectory(to.at));
    if (from.at == to.at) return 0;
    if (directory) TRY_INT(inode_permission(what->d_inode, MAY_WRITE));
    return exchange && target_directory ? inode_permission(target->d_inode, MAY_WRITE) : 0;
}

}  // namespace

int may_delete(dentry* directory, dentry* victim, bool is_directory) {
    TRY_INT(writeToDirectory(directory));
    if (isSticky(directory->d_inode, victim->d_inode)) return -EPERM;
    if (is_directory) {
        if (!S_ISDIR(victim->d_inode->i_mode)) return -ENOTDIR;
        if (isMountPoint(victim)) return -EBUSY;
    } else if (S_ISDIR(victim->d_inode->i_mode)) {
        return -EISDIR;
    } else if (isMountPoint(victim)) {
        return -EBUSY;
    }
    return 0;
}

SYSCALL_DEFINE(3, mkdirat, (int, dfd), (UserPtr<const char>, pathname), (umode_t, mode)) {
    PathWalk walk;
    TRY_INT(filename_create(walk, dfd, pathname, true));
    const auto permissions = static_cast<umode_t>(mode & 01777 & ~currentUmask());
    return created(walk.at->d_inode->i_op->mkdir(walk.at->d_inode, walk.at, walk.last, permissions), walk, true);
}
SYSCALL_DEFINE(2, mkdir, (UserPtr<const char>, pathname), (umode_t, mode)) { return sys_mkdirat(AT_FDCWD, pathname, mode); }

SYSCALL_DEFINE(4, mknodat, (int, dfd), (UserPtr<const char>, filename), (umode_t, mode), (u32, dev)) {
    if (S_ISDIR(mode)) return -EPERM;
    PathWalk walk;
    TRY_INT(filename_create(walk, dfd, filename, false));
    inode* const directory = walk.at->d_inode;
    const auto permissions = static_cast<umode_t>(mode & 07777 & ~currentUmask());
    if (!(mode & S_IFMT) || S_ISREG(mode))
        return created(directory->i_op->create(directory, walk.at, walk.last, static_cast<umode_t>(S_IFREG | permissions)), walk);
    if (!S_ISFIFO(mode) && !S_ISSOCK(mode) && !capable(CAP_MKNOD)) return -EPERM;
    return created(directory->i_op->mknod(directory, walk.at, walk.last, static_cast<umode_t>((mode & S_IFMT) | permissions), dev), walk);
}
SYSCALL_DEFINE(3, mknod, (UserPtr<const char>, filename), (umode_t, mode), (u32, dev)) {
    return sys_mknodat(AT_FDCWD, filename, mode, dev);
}

SYSCALL_DEFINE(1, rmdir, (UserPtr<const char>, pathname)) { return do_rmdir(AT_FDCWD, pathname); }
int unlinkAt(int dfd, const std::string& path) {
    PathWalk walk;
    TRY_INT(walkToParent(walk, dfd, path));
    return unlinkLast(walk);
}
SYSCALL_DEFINE(1, unlink, (UserPtr<const char>, pathname)) { return do_unlinkat(AT_FDCWD, pathname); }
SYSCALL_DEFINE(3, unlinkat, (int, dfd), (UserPtr<const char>, pathname), (int, flag)) {
    if (flag & ~AT_REMOVEDIR) return -EINVAL;
    return flag & AT_REMOVEDIR ? do_rmdir(dfd, pathname) : do_unlinkat(dfd, pathname);
}

SYSCALL_DEFINE(3, symlinkat, (UserPtr<const char>, oldname), (int, newdfd), (UserPtr<const char>, newname)) {
    const std::string target = TRY(getname(oldname));
    PathWalk walk;
    TRY_INT(filename_create(walk, newdfd, newname, false));
    return created(walk.at->d_inode->i_op->symlink(walk.at->d_inode, walk.at, walk.last, target), walk);
}
SYSCALL_DEFINE(2, symlink, (UserPtr<const char>, oldname), (UserPtr<const char>, newname)) {
    return sys_symlinkat(oldname, AT_FDCWD, newname);
}

SYSCALL_DEFINE(5, linkat, (int, olddfd), (UserPtr<const char>, oldname), (int, newdfd), (UserPtr<const char>, newname), (int, flags)) {
    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    if (flags & AT_EMPTY_PATH && !privilegedFiles(CAP_DAC_READ_SEARCH)) return -ENOENT;
    const int how = (flags & AT_EMPTY_PATH) | (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW);
    const DentryRef old(TRY(path_lookup_at(olddfd, oldname, how)));
    PathWalk walk;
    TRY_INT(filename_create(walk, newdfd, newname, false));
    inode* const directory = walk.at->d_inode;
    if (old->d_inode->i_sb != directory->i_sb) return -EXDEV;
    if (S_ISDIR(old->d_inode->i_mode)) return -EPERM;
    const shmem_inode_info* const info = SHMEM_I(old->d_inode);
    if (old->d_inode->i_nlink == 0 && !(info && info->linkable) && !isLinkable(old->d_inode)) return -ENOENT;
    TRY_INT(directory->i_op->link(old.get(), directory, walk.at, walk.last));
    if (fsnotify_watches) fsnotifyInode(IN_ATTRIB, old->d_inode);
    return created(0, walk);
}
SYSCALL_DEFINE(2, link, (UserPtr<const char>, oldname), (UserPtr<const char>, newname)) {
    return sys_linkat(AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}

namespace {

int exchange(PathWalk& from, dentry* what, PathWalk& to, dentry* other) {
    inode_operations* const op = holdsMemoryFiles(from.at->d_inode) ? ramfsDirectory() : from.at->d_inode->i_op;
    const int error = op->exchange(from.at->d_inode, what, to.at->d_inode, other);
    if (error || !fsnotify_watches) return error;
    fsnotifyMove(from.at->d_inode, from.last, to.at->d_inode, what, nullptr);
    fsnotifyMove(to.at->d_inode, to.last, from.at->d_inode, other, nullptr);
    return 0;
}

long renamePath(int olddfd, UserPtr<const char> oldname, int newdfd, UserPtr<const char> newname, unsigned flags) {
    PathWalk from, to;
    TRY_INT(walkToParent(from, olddfd, oldname));
    TRY_INT(walkToParent(to, newdfd, newname));
    if (from.at->d_inode->i_sb != to.at->d_inode->i_sb) return -EXDEV;
    if (from.type != Last::name) return -EBUSY;
    if (to.type != Last::name) return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
    const DentryRef what(TRY(from.lookupLast()));
    auto existing = to.lookupLast();
    if (!existing.ok() && (existing.error() != -ENOENT || flags & RENAME_EXCHANGE)) return existing.error();
    const DentryRef target(existing.ok() ? *existing : nullptr);
    if (target.get() && flags & RENAME_NOREPLACE) return -EEXIST;
    if (target.get() && target->d_inode == what->d_inode) return 0;      // rename(2): two names of one file
    TRY_INT(checkRename(from, what.get(), to, target.get(), flags));
    if (flags & RENAME_EXCHANGE) return exchange(from, what.get(), to, target.get());
    TRY_INT(from.at->d_inode->i_op->rename(from.at->d_inode, what.get(), to.at->d_inode, to.at, to.last));
    if (fsnotify_watches) fsnotifyMove(from.at->d_inode, from.last, to.at->d_inode, what.get(), target.get() ? target->d_inode : nullptr);
    return 0;
}

}  // namespace

SYSCALL_DEFINE(4, renameat, (int, olddfd), (UserPtr<const char>, oldname), (int, newdfd), (UserPtr<const char>, newname)) {
    return renamePath(olddfd, oldname, newdfd, newname, 0);
}
SYSCALL_DEFINE(5, renameat2, (int, olddfd), (UserPtr<const char>, oldname), (int, newdfd), (UserPtr<const char>, newname),
               (unsigned, flags)) {
    if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) return -EINVAL;
    if (flags & RENAME_EXCHANGE && flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) return -EINVAL;
    if (flags & RENAME_WHITEOUT) return missing(Missing::whiteouts);       // rename(2), EINVAL: the file system does not support it
    return renamePath(olddfd, oldname, newdfd, newname, flags);
}
SYSCALL_DEFINE(2, rename, (UserPtr<const char>, oldname), (UserPtr<const char>, newname)) {
    return renamePath(AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}

}  // namespace kernel
