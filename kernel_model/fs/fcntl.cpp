// fcntl(2) (Linux fs/fcntl.c, fs/locks.c). Record locks never conflict: nobody keeps them.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {
namespace {

constexpr u32 SETFL_MASK = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | O_ASYNC;
constexpr u32 O_LARGEFILE_KERNEL = 0100000;     // of what open(2) opened: not of pipes, sockets and their like

long getLock(u64 argument) {
    return put_user<short>(F_UNLCK, UserPtr<short>{argument});   // l_type is the first member
}

long fcntlOfPath(unsigned fd, unsigned cmd, u64 arg, file* f) {
    switch (cmd) {
        case F_DUPFD: return f_dupfd(static_cast<unsigned>(arg), f, 0);
        case F_DUPFD_CLOEXEC: return f_dupfd(static_cast<unsigned>(arg), f, O_CLOEXEC);
        case F_GETFD: return get_close_on_exec(fd) ? FD_CLOEXEC : 0;
        case F_SETFD: set_close_on_exec(fd, arg & FD_CLOEXEC); return 0;
        case F_GETFL: return static_cast<long>(f->f_flags.get() | (f->f_mode & FMODE_PATH || !f->f_inode->i_sb->s_root ? 0 : O_LARGEFILE_KERNEL));
        default: return -EBADF;
    }
}

}  // namespace

SYSCALL_DEFINE(3, fcntl, (unsigned, fd), (unsigned, cmd), (u64, arg)) {
    const FileRef f(fd, FileRef::Kind::raw);
    if (!f) return -EBADF;
    if (f->f_mode & FMODE_PATH) return fcntlOfPath(fd, cmd, arg, f.get());
    switch (cmd) {
        case F_SETFL:
            f->f_flags = (f->f_flags & ~SETFL_MASK) | (static_cast<u32>(arg) & SETFL_MASK);
            return 0;
        case 5: return getLock(arg);        // F_GETLK
        case 6: case 7: return 0;           // F_SETLK, F_SETLKW
        case 8: case 10: return 0;          // F_SETOWN, F_SETSIG
        case 9: case 11: return 0;          // F_GETOWN, F_GETSIG
        case 1031: case 1032: return S_ISFIFO(f->f_inode->i_mode) ? 65536 : -EBADF;   // F_SETPIPE_SZ, F_GETPIPE_SZ
        case 1024: return -EAGAIN;          // F_SETLEASE
        case 1025: return F_UNLCK;          // F_GETLEASE
        default: {
            const long result = fcntlOfPath(fd, cmd, arg, f.get());
            return result == -EBADF ? -EINVAL : result;
        }
    }
}

}  // namespace kernel
