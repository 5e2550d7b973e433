// Opening by name (the second half of Linux fs/namei.c: do_filp_open, do_last, may_open).
#include "kernel_model/fs/hostfs_nameless.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/version/exec.hpp"
#include "kernel_model/mm/memfd.hpp"

namespace kernel {
namespace {

// open(2): what the object at the end of the path forbids.
int may_open(inode* node, int acc_mode, u32 flags) {
    const umode_t mode = node->i_mode;
    if (S_ISLNK(mode)) return -ELOOP;
    if (S_ISDIR(mode) && (acc_mode & MAY_WRITE)) return -EISDIR;
    const bool executed = acc_mode & MAY_EXEC;
    if (executed && version().exec.regularOnly && !check("S_ISREG(inode.i_mode)", S_ISREG(mode), mode)) return -EACCES;
    const int forbidden = inode_permission(node, acc_mode);
    if (executed) check("the caller may execute the file", forbidden == 0, mode);
    TRY_INT(forbidden);
    if ((flags & O_NOATIME) && !privilegedFiles(CAP_FOWNER) && current->cred->fsuid != node->i_uid.get()) return -EPERM;
    return 0;
}

int createLast(PathWalk& walk, umode_t mode) {
    TRY_INT(writeToDirectory(walk.at));
    const auto permissions = static_cast<umode_t>(mode & 07777 & ~currentUmask());
    inode* const directory = walk.at->d_inode;
    return directory->i_op->create(directory, walk.at, walk.last, static_cast<umode_t>(S_IFREG | permissions));
}

// O_CREAT: the last component may be missing, or a link to something that is.
Result<dentry*> openOrCreate(PathWalk& walk, u32 flags, umode_t mode, bool& created) {
    for (;;) {
        TRY_INT(walk.toParent());
        if (walk.type != PathWalk::Last::name) {
            if (flags & O_EXCL) return Failure{-EEXIST};
            if (walk.type == PathWalk::Last::root && !S_ISDIR(walk.at->d_inode->i_mode)) return walk.take();   // magic link
            return Failure{-EISDIR};
        }
        if (walk.trailing_slash) return Failure{-EISDIR};
        auto child = walk.lookupLast();
        if (!child.ok() && child.error() != -ENOENT) return child;
        if (!child.ok()) {
            TRY_INT(createLast(walk, mode));
            created = true;
            return walk.lookupLast();
        }
        DentryRef found(*child);
        if (flags & O_EXCL) return Failure{-EEXIST};
        if (!S_ISLNK(found->d_inode->i_mode) || (flags & O_NOFOLLOW)) return dget(found.get());
        TRY_INT(walk.follow(dget(found.get())));
    }
}

// O_TRUNC of a file that was there.
int handle_truncate(const file* f) {
    inode* const node = f->f_inode;
    if (!S_ISREG(node->i_mode)) return 0;
    const bool writer = f->f_mode & FMODE_WRITE;
    if (!writer) TRY_INT(get_write_access(node));
    const int error = setInodeSize(node, 0);
    if (!writer) put_write_access(node);
    if (!error) fsnotify(IN_MODIFY, f->f_path);
    return error;
}

}  // namespace

Result<file*> newFile(dentry* d, u32 flags, file_operations* op) {
    auto* f = new file;
    f->f_path = d;
    f->f_inode = d->d_inode;
    f->f_op = op;
    f->f_flags = flags & ~static_cast<u32>(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
    f->f_mode = ((flags + 1) & O_ACCMODE) | FMODE_LSEEK | (flags & FMODE_EXEC);
    return f;
}

// Linux fs/open.c do_dentry_open.
Result<file*> dentry_open(dentry* d, u32 flags) {
    static file_operations path_only;
    inode* const node = d->d_inode;
    if (flags & O_PATH) {
        file* f = TRY(newFile(dget(d), flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW), &path_only));
        f->f_mode = FMODE_PATH;
        return f;
    }
    const bool counted = ((flags + 1) & FMODE_WRITE) && S_ISREG(node->i_mode);
    if (counted) TRY_INT(get_write_access(node));
    file* f = TRY(newFile(dget(d), flags, node->i_fop));
    if (flags & O_NOCTTY) f->f_flags |= O_NOCTTY;       // for the terminal's open
    const int error = node->i_fop ? node->i_fop->open(node, f) : -ENXIO;
    if (flags & O_NOCTTY) f->f_flags &= ~static_cast<u32>(O_NOCTTY);
    if (error >= 0) return f;
    if (counted) put_write_access(node);
    dput(f->f_path);
    delete f;
    return Failure{error};
}

namespace {

// O_TMPFILE: a file without a name in the directory at the end of the path.
Result<file*> do_tmpfile(PathWalk& walk, u32 flags, umode_t mode) {
    TRY_INT(walk.toEnd(true));
    inode* const directory = walk.at->d_inode;
    if (!S_ISDIR(directory->i_mode)) return Failure{-ENOTDIR};
    TRY_INT(inode_permission(directory, MAY_WRITE | MAY_EXEC));
    const auto permissions = static_cast<umode_t>(mode & 07777 & ~currentUmask());
    if (isWrittenThrough(directory)) return temporaryOnHost(walk.at, flags, permissions);
    if (!holdsMemoryFiles(directory)) return Failure{-EOPNOTSUPP};
    inode* const node = newInode(static_cast<umode_t>(S_IFREG | permissions), ramfsFile(), ramfsFileOperations(), directory->i_sb);
    node->i_nlink = 0;
    node->i_private = std::make_shared<shmem_inode_info>(false, 0, !(flags & O_EXCL));
    const DentryRef d(newDentry(walk.at, "#" + std::to_string(node->i_ino), node));
    d->unlinked = true;
    return dentry_open(d.get(), flags);
}

Result<file*> openAtEnd(PathWalk& walk, u32 flags, umode_t mode, int acc_mode) {
    bool created = false;
    dentry* found = nullptr;
    if (flags & O_CREAT) {
        found = TRY(openOrCreate(walk, flags, mode, created));
    } else {
        TRY_INT(walk.toEnd(!(flags & O_NOFOLLOW)));
        found = walk.take();
    }
    const DentryRef d(found);
    inode* const node = d->d_inode;
    if (created) {
        fsnotifyCreate(d->d_parent->d_inode, d->d_name);
    } else {
        if ((flags & O_CREAT) && S_ISDIR(node->i_mode)) return Failure{-EISDIR};
        if ((flags & O_DIRECTORY) && !S_ISDIR(node->i_mode)) return Failure{-ENOTDIR};
        if (!(flags & O_PATH)) TRY_INT(may_open(node, acc_mode, flags));
    }
    file* const f = TRY(dentry_open(d.get(), flags));
    if (const int error = flags & O_TRUNC && !created ? handle_truncate(f) : 0; error < 0) {
        fput(f);
        return Failure{error};
    }
    return f;
}

}  // namespace

Result<file*> openRestricted(int dfd, const std::string& path, u32 flags, umode_t mode, int acc_mode, u64 resolve) {
    PathWalk walk;
    walk.restrict(resolve);
    TRY_INT(walk.start(dfd, path));
    if (flags & O_TMPFILE & ~O_DIRECTORY) return do_tmpfile(walk, flags, mode);
    return openAtEnd(walk, flags, mode, acc_mode);
}

// acc_mode: MAY_*; O_TRUNC adds MAY_WRITE. With O_PATH nothing but the search is checked.
TRACED(Result<file*>, do_filp_open, (int, dfd), (const std::string&, pathname), (u32, flags), (umode_t, mode), (int, acc_mode)) {
    if (flags & O_PATH) {
        flags &= static_cast<u32>(O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC);
        acc_mode = 0;
    }
    if (flags & O_TRUNC) acc_mode |= MAY_WRITE;
    return openRestricted(dfd, pathname, flags, mode, acc_mode, 0);
}

}  // namespace kernel
