// Files of terminals (Linux drivers/tty/tty_io.c; tty(4)).
#include "kernel_model/drivers/devices.hpp"
#include "kernel_model/drivers/tty/tty.hpp"

namespace kernel {

long readTerminal(tty_struct* tty, const file* f, std::span<u8> to, Opened through) {
    if (tty->hung_up) return 0;
    if (through == Opened::terminal) TRY_INT(__tty_check_change(tty, SIGTTIN));
    TRY_INT(tty->ops->takeKeys(tty));
    return n_tty_read(tty, f, to);
}

long writeTerminal(tty_struct* tty, const file* f, std::span<const u8> from, Opened through) {
    if (through == Opened::terminal && tty->termios.c_lflag & TOSTOP) TRY_INT(tty_check_change(tty));
    const auto flows = [tty] { return tty->hung_up || (!tty->stopped && !tty->tco_stopped && tty->ops->write_room(tty)); };
    u64 done = 0;
    do {
        if (!flows() && f->f_flags & O_NONBLOCK) return done ? static_cast<long>(done) : -EAGAIN;
        const int error = wait_event_interruptible(tty->write_wait, flows);
        if (error) return done ? static_cast<long>(done) : error;
        if (tty->hung_up) return -EIO;
        const long n = tty->ops->write(tty, f, from.subspan(done));
        if (n < 0) return done ? static_cast<long>(done) : n;
        countColumns(tty, from.subspan(done, static_cast<u64>(n)));
        done += static_cast<u64>(n);
    } while (done < from.size());
    return static_cast<long>(done);
}

u32 pollTerminal(tty_struct* tty) {
    if (tty->ops->takeKeys(tty) == 0) tty->ops->receiveTyped(tty);
    return n_tty_poll(tty);
}

int openTerminal(tty_struct* tty, file* f) {
    TRY_INT(tty->ops->opened(tty));
    f->private_data = tty->shared_from_this();
    f->f_mode &= ~FMODE_LSEEK;
    tty_open_proc_set_tty(f, tty);
    return 0;
}

long TerminalOperations::read(file* f, std::span<u8> to, loff_t&) { return readTerminal(ttyOf(f), f, to, Opened::terminal); }
long TerminalOperations::write(file* f, std::span<const u8> from, loff_t&) { return writeTerminal(ttyOf(f), f, from, Opened::terminal); }
long TerminalOperations::ioctl(file* f, unsigned command, u64 arg) { return tty_ioctl(ttyOf(f), f, command, arg); }
u32 TerminalOperations::poll(file* f) { return pollTerminal(ttyOf(f)); }
wait_queue_head_t* TerminalOperations::pollQueue(file* f) { return &ttyOf(f)->read_wait; }
void TerminalOperations::release(file* f) { ttyOf(f)->ops->closed(ttyOf(f)); }

namespace {

// /dev/tty: the terminal of the session.
struct Controlling final : TerminalOperations {
    int open(inode*, file* f) override {
        tty_struct* const tty = current->signal->tty;
        return tty ? openTerminal(tty, f) : -ENXIO;
    }
};

}  // namespace

file_operations* ttyDevice(u32 minor) {
    static Controlling controlling;
    switch (minor) {
        case 0: return &controlling;
        case 1: return consoleOperations();
        default: return ptmxOperations();
    }
}

}  // namespace kernel
