// Modes, sizes and flow of the terminal (Linux drivers/tty/tty_ioctl.c; tty_ioctl(4)).
#include "kernel_model/drivers/tty/tty.hpp"

namespace kernel {
namespace {

enum class Flush : u8 { no, yes };

long set_termios(tty_struct* tty, u64 arg, Flush flush) {
    TRY_INT(tty_check_change(tty));
    const ktermios wanted = TRY(get_user(UserPtr<ktermios>{arg}));
    TRY_INT(tty->ops->takeKeys(tty));
    if (flush == Flush::yes) n_tty_flush_buffer(tty);
    const ktermios before = std::exchange(tty->termios, wanted);
    n_tty_set_termios(tty, before);
    return 0;
}

long tty_perform_flush(tty_struct* tty, u64 arg) {
    TRY_INT(tty_check_change(tty));
    if (arg > 2) return -EINVAL;
    if (arg != 0) tty->ops->flush_buffer(tty);      // TCOFLUSH, TCIOFLUSH
    if (arg == 1) return 0;
    TRY_INT(tty->ops->takeKeys(tty));
    tty->ops->receiveTyped(tty);
    n_tty_flush_buffer(tty);
    return 0;
}

void flowAgain(tty_struct* tty) {
    wake_up(tty->write_wait);
    wake_up(tty->read_wait);                // where poll(2) sleeps
}

long tcxonc(tty_struct* tty, u64 arg) {
    TRY_INT(tty_check_change(tty));
    const u8 key = tty->termios.c_cc[arg == 2 ? VSTOP : VSTART];
    switch (arg) {
        case 0: tty->tco_stopped = true; return 0;                      // TCOOFF
        case 1:                             // TCOON
            if (std::exchange(tty->tco_stopped, false)) flowAgain(tty);
            return 0;
        case 2: case 3:                     // TCIOFF, TCION: sent to who types
            if (key) tty->ops->show(tty, {&key, 1});
            return 0;
        default: return -EINVAL;
    }
}

long tiocsti(tty_struct* tty, u64 arg) {
    if (current->signal->tty != tty && !capable(CAP_SYS_ADMIN)) return -EPERM;
    const u8 key = TRY(get_user(UserPtr<u8>{arg}));
    n_tty_receive_buf(tty, {&key, 1});
    return 0;
}

}  // namespace

void stop_tty(tty_struct* tty) { tty->stopped = true; }
void start_tty(tty_struct* tty) {
    if (std::exchange(tty->stopped, false)) flowAgain(tty);
}

void resize(tty_struct* tty, const winsize& size) {
    if (std::exchange(tty->size, size) != size) signalGroup(tty->pgrp, SIGWINCH);
}

TRACED(long, tty_ioctl, (tty_struct*, tty), (file*, filp), (unsigned, cmd), (u64, arg)) {
    if (tty->hung_up) return cmd == 0x5410 ? -ENOTTY : -EIO;                            // TIOCSPGRP
    switch (cmd) {
        case 0x5401: return put_user(tty->termios, UserPtr<ktermios>{arg});             // TCGETS
        case 0x5402: case 0x5403: return set_termios(tty, arg, Flush::no);              // TCSETS, TCSETSW
        case 0x5404: return set_termios(tty, arg, Flush::yes);                          // TCSETSF
        case 0x5409: case 0x5425: return tty_check_change(tty);                         // TCSBRK, TCSBRKP: no line to break
        case 0x540a: return tcxonc(tty, arg);                                           // TCXONC
        case 0x540b: return tty_perform_flush(tty, arg);                                // TCFLSH
        case 0x5411: return put_user(0, UserPtr<int>{arg});                             // TIOCOUTQ
        case 0x5412: return tiocsti(tty, arg);                                          // TIOCSTI
        case 0x5413: return put_user(tty->size, UserPtr<winsize>{arg});                 // TIOCGWINSZ
        case 0x5414: resize(tty, TRY(get_user(UserPtr<winsize>{arg}))); return 0;       // TIOCSWINSZ
        case 0x541b:                                                                    // FIONREAD
            TRY_INT(tty->ops->takeKeys(tty));
            tty->ops->receiveTyped(tty);
            return put_user(n_tty_inq(tty), UserPtr<int>{arg});
        default: return tty_jobctrl_ioctl(tty, cmd, arg, filp);
    }
}

}  // namespace kernel
