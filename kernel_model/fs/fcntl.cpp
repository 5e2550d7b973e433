// fcntl(2) (Linux fs/fcntl.c). Record locks: fs/locks_posix.cpp.
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <climits>

namespace kernel {

u32 shownFlags(const file*);                // F_GETFL; /proc/PID/fdinfo

namespace {

constexpr auto CAP_LEASE = static_cast<Capability>(28);
constexpr u64 RENAMEAT2 = 316;              // as old as F_OFD_*
constexpr u32 SETFL_MASK = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;
constexpr u32 O_LARGEFILE_KERNEL = 0100000;     // of what open(2) opened: not of pipes, sockets and their like

long fcntlOfPath(unsigned fd, unsigned cmd, u64 arg, file* f) {
    switch (cmd) {
        case F_DUPFD: return f_dupfd(static_cast<unsigned>(arg), f, 0);
        case F_DUPFD_CLOEXEC: return f_dupfd(static_cast<unsigned>(arg), f, O_CLOEXEC);
        case F_GETFD: return get_close_on_exec(fd) ? FD_CLOEXEC : 0;
        case F_SETFD: set_close_on_exec(fd, arg & FD_CLOEXEC); return 0;
        case F_GETFL: return static_cast<long>(shownFlags(f));
        default: return -EBADF;
    }
}

long setfl(file* f, u32 flags) {
    setAsync(f, flags & O_ASYNC);           // of files that cannot signal it changes nothing
    f->f_flags = (f->f_flags & ~SETFL_MASK) | (flags & SETFL_MASK);
    return 0;
}

// ---- F_SETOWN and its like: who would get SIGIO.
long setOwner(file* f, int type, int id) {
    if (id && (type == F_OWNER_PGRP ? !find_vpid(id) : !find_task_by_vpid(id))) return -ESRCH;
    f->f_owner.type = type;
    f->f_owner.id = id;
    return 0;
}
long f_setown(file* f, int who) {
    if (who == INT_MIN) return -EINVAL;
    return who < 0 ? setOwner(f, F_OWNER_PGRP, -who) : setOwner(f, F_OWNER_PID, who);
}
struct Owner { int type, id; };             // struct f_owner_ex
long f_setown_ex(file* f, u64 argument) {
    const Owner owner = TRY(get_user(UserPtr<Owner>{argument}));
    if (owner.type < F_OWNER_TID || owner.type > F_OWNER_PGRP) return -EINVAL;
    return setOwner(f, owner.type, owner.id);
}
int ownerOf(const file* f) {                // one that is gone is not shown
    const fown_struct& owner = f->f_owner;
    const kernel::pid* const number = find_vpid(owner.id);
    return number && !number->tasks[owner.type == F_OWNER_PGRP ? PIDTYPE_PGID : PIDTYPE_PID].empty() ? owner.id : 0;
}

long setlease(const file* f, u64 type) {
    if (type != F_RDLCK && type != F_WRLCK && type != F_UNLCK) return -EINVAL;
    if (current->cred->fsuid != f->f_inode->i_uid.get() && !privilegedFiles(CAP_LEASE)) return -EACCES;
    if (!S_ISREG(f->f_inode->i_mode)) return -EINVAL;
    return type == F_UNLCK ? -EAGAIN : missing(Missing::leases);
}

}  // namespace

int setAsync(file* f, bool on) {
    if (on == ((f->f_flags & O_ASYNC) != 0)) return 0;
    if (!f->f_op->hasFasync(f)) return -ENOTTY;
    if (on) missing(Missing::input_signals);
    f->f_flags = f->f_flags ^ static_cast<u32>(O_ASYNC);
    return 0;
}

u32 shownFlags(const file* f) {
    const bool opened = !(f->f_mode & FMODE_PATH) && f->f_inode->i_sb->s_root;
    return f->f_flags | (opened ? O_LARGEFILE_KERNEL : 0);
}

SYSCALL_DEFINE(3, fcntl, (unsigned, fd), (unsigned, cmd), (u64, arg)) {
    const FileRef f(fd, FileRef::Kind::raw);
    if (!f) return -EBADF;
    if (f->f_mode & FMODE_PATH) return fcntlOfPath(fd, cmd, arg, f.get());
    fown_struct& owner = f->f_owner;
    switch (cmd) {
        case F_SETFL: return setfl(f.get(), static_cast<u32>(arg));
        case F_OFD_GETLK: case F_OFD_SETLK: case F_OFD_SETLKW:
            if (!inProfile(RENAMEAT2)) return -EINVAL;
            return cmd == F_OFD_GETLK ? fcntl_getlk(f.get(), cmd, arg) : fcntl_setlk(fd, f.get(), cmd, arg);
        case F_GETLK: return fcntl_getlk(f.get(), cmd, arg);
        case F_SETLK: case F_SETLKW: return fcntl_setlk(fd, f.get(), cmd, arg);
        case F_SETOWN: return f_setown(f.get(), static_cast<int>(arg));
        case F_GETOWN: return owner.type == F_OWNER_PGRP ? -ownerOf(f.get()) : ownerOf(f.get());
        case F_SETOWN_EX: return f_setown_ex(f.get(), arg);
        case F_GETOWN_EX: return put_user(Owner{owner.type, ownerOf(f.get())}, UserPtr<Owner>{arg});
        case F_SETSIG:
            if (arg > NSIG) return -EINVAL;
            owner.signum = static_cast<int>(arg);
            return 0;
        case F_GETSIG: return owner.signum;
        case F_SETPIPE_SZ: return pipe_fcntl(f.get(), arg);
        case F_GETPIPE_SZ: return pipe_fcntl(f.get(), {});
        case F_SETLEASE: return setlease(f.get(), arg);
        case F_GETLEASE: return F_UNLCK;
        case F_NOTIFY: return S_ISDIR(f->f_inode->i_mode) ? missing(Missing::directory_signals) : -ENOTDIR;
        case F_ADD_SEALS: case F_GET_SEALS: return memfd_fcntl(f.get(), cmd, arg);
        default: {
            const long result = fcntlOfPath(fd, cmd, arg, f.get());
            return result == -EBADF ? -EINVAL : result;
        }
    }
}

}  // namespace kernel
