// ioctls of the master of a pseudo-terminal (Linux drivers/tty/pty.c, tty_jobctrl.c; tty_ioctl(4)).
#include "kernel_model/drivers/tty/pty.hpp"

namespace kernel {
namespace {

// TIOCGPTPEER: the slave, whatever its name leads to by now.
long ptm_open_peer(pty_struct* pty, u32 flags) {
    const int fd = get_unused_fd_flags(flags);
    if (fd < 0) return fd;
    auto slave = dentry_open(pty->name, flags);
    if (slave.ok()) fd_install(static_cast<unsigned>(fd), *slave);
    else put_unused_fd(static_cast<unsigned>(fd));
    return slave.ok() ? fd : slave.error();
}

long putNumber(const pid* number, u64 arg) { return put_user(number ? number->nr.get() : 0, UserPtr<int>{arg}); }

// TIOCSIG: to who is in the foreground.
long pty_signal(pty_struct* pty, int signal) {
    if (signal != SIGINT && signal != SIGQUIT && signal != SIGTSTP) return -EINVAL;
    signalGroup(pty->pgrp, signal);
    return 0;
}

long flush(pty_struct* pty, u64 arg) {
    if (arg > 2) return -EINVAL;
    if (arg == 1) return 0;                 // TCOFLUSH: what was typed is in the slave's line discipline already
    pty->screen.clear();
    wake_up(pty->write_wait);
    return 0;
}

}  // namespace

long ptyMasterIoctl(pty_struct* pty, file* filp, unsigned command, u64 arg) {
    switch (command) {
        case 0x80045430: return put_user(pty->index, UserPtr<int>{arg});                                // TIOCGPTN
        case 0x40045431: pty->locked = TRY(get_user(UserPtr<int>{arg})) != 0; return 0;                 // TIOCSPTLCK
        case 0x80045439: return put_user(static_cast<int>(pty->locked), UserPtr<int>{arg});             // TIOCGPTLCK
        case 0x5441: return ptm_open_peer(pty, static_cast<u32>(arg));                                  // TIOCGPTPEER
        case 0x5420: pty->packet = TRY(get_user(UserPtr<int>{arg})) != 0; return 0;                     // TIOCPKT
        case 0x80045438: return put_user(static_cast<int>(pty->packet), UserPtr<int>{arg});             // TIOCGPKT
        case 0x40045436: return pty_signal(pty, static_cast<int>(arg));                                 // TIOCSIG
        case 0x540b: return flush(pty, arg);                                                            // TCFLSH
        case 0x540f: return putNumber(pty->pgrp, arg);                                                  // TIOCGPGRP
        case 0x5429: return pty->session ? putNumber(pty->session, arg) : -ENOTTY;                      // TIOCGSID
        case 0x541b: return put_user(static_cast<int>(pty->screen.size()), UserPtr<int>{arg});          // FIONREAD
        default: return pty->hung_up ? -EIO : tty_ioctl(pty, filp, command, arg);
    }
}

}  // namespace kernel
