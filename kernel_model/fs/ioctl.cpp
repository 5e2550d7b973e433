// ioctl(2) (Linux fs/ioctl.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {
namespace {

constexpr unsigned FIONREAD_ = 0x541b, FIONBIO_ = 0x5421, FIOCLEX_ = 0x5451, FIONCLEX_ = 0x5450, FIOASYNC_ = 0x5452;

long setNonblocking(file* f, u64 arg) {
    const int on = TRY(get_user(UserPtr<int>{arg}));
    f->f_flags = on ? f->f_flags | O_NONBLOCK : f->f_flags & ~static_cast<u32>(O_NONBLOCK);
    return 0;
}

}  // namespace

TRACED(long, do_vfs_ioctl, (file*, filp), (unsigned, fd), (unsigned, cmd), (u64, arg)) {
    switch (cmd) {
        case FIOCLEX_: set_close_on_exec(fd, true); return 0;
        case FIONCLEX_: set_close_on_exec(fd, false); return 0;
        case FIONBIO_: return setNonblocking(filp, arg);
        case FIOASYNC_: return setAsync(filp, TRY(get_user(UserPtr<int>{arg})));
        case FIONREAD_:
            if (S_ISREG(filp->f_inode->i_mode))
                return put_user(static_cast<int>(filp->f_inode->i_size - filp->f_pos), UserPtr<int>{arg});
            break;
        default: break;
    }
    return filp->f_op->ioctl(filp, cmd, arg);
}

SYSCALL_DEFINE(3, ioctl, (unsigned, fd), (unsigned, cmd), (u64, arg)) {
    const FileRef f(fd);
    return f ? do_vfs_ioctl(f.get(), fd, cmd, arg) : -EBADF;
}

}  // namespace kernel
