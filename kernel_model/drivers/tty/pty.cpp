// Linux drivers/tty/pty.c: both sides of a pseudo-terminal.
#include "kernel_model/drivers/tty/pty.hpp"

#include "kernel_model/drivers/devices.hpp"

#include <algorithm>
#include <set>

namespace kernel {
namespace {

constexpr u64 SCREEN_ROOM = 12288, ECHO_ROOM = 4096;    // bytes that wait for the master; what echoes may take beside them
constexpr u32 OLCUC = 2, OCRNL = 8, ONOCR = 0x10, ONLRET = 0x20, XTABS = 0x1800;
constexpr u32 READABLE = 0x41, WRITABLE = 0x104, HUNG_UP = 0x10;       // POLLIN|POLLRDNORM, POLLOUT|POLLWRNORM, POLLHUP

pty_struct* ptyOf(tty_struct* tty) { return static_cast<pty_struct*>(tty); }
pty_struct* masterOf(const file* f) { return static_cast<pty_struct*>(f->private_data.get()); }

void put(pty_struct* pty, u8 c, u64 times = 1) { pty->screen.insert(pty->screen.end(), times, c); }

void putNewline(pty_struct* pty, bool returns, std::string_view shown) {
    for (const char c : shown) put(pty, static_cast<u8>(c));
    if (returns) pty->column = 0;
}

// Output processing, as c_oflag says (n_tty.c do_output_char; termios(3)).
void do_output_char(pty_struct* pty, u8 c) {
    const u32 flags = pty->termios.c_oflag;
    const u64 to_tab = 8 - pty->column % 8;
    if (!(flags & OPOST)) return put(pty, c);
    switch (c) {
        case '\n': return putNewline(pty, flags & (ONLCR | ONLRET), flags & ONLCR ? "\r\n" : "\n");
        case '\r':
            if ((flags & ONOCR) && pty->column == 0) return;
            return putNewline(pty, !(flags & OCRNL) || (flags & ONLRET), flags & OCRNL ? "\n" : "\r");
        case '\t':
            pty->column += static_cast<u32>(to_tab);
            return (flags & XTABS) == XTABS ? put(pty, ' ', to_tab) : put(pty, c);
        case '\b':
            pty->column -= pty->column > 0;
            return put(pty, c);
        default: break;
    }
    if ((flags & OLCUC) && c >= 'a' && c <= 'z') c = static_cast<u8>(c - 0x20);
    if (!isControl(c) && !isContinuation(pty, c)) ++pty->column;
    put(pty, c);
}

struct PtyDriver final : tty_operations {
    bool write_room(const tty_struct* tty) const override { return static_cast<const pty_struct*>(tty)->screen.size() < SCREEN_ROOM; }
    long write(tty_struct* tty, const file*, std::span<const u8> from) override {
        u64 done = 0;
        for (; done < from.size() && write_room(tty); ++done) do_output_char(ptyOf(tty), from[done]);
        wake_up(ptyOf(tty)->master_wait);
        return static_cast<long>(done);
    }
    void show(tty_struct* tty, std::span<const u8> echo) override {
        for (const u8 c : echo)
            if (ptyOf(tty)->screen.size() < SCREEN_ROOM + ECHO_ROOM) do_output_char(ptyOf(tty), c);
        wake_up(ptyOf(tty)->master_wait);
    }
    // What is in the line discipline of the master has been shown.
    void flush_buffer(tty_struct* tty) override {
        std::deque<u8>& screen = ptyOf(tty)->screen;
        screen.resize(std::min<u64>(screen.size(), N_TTY_BUF_SIZE - 1));
        wake_up(tty->write_wait);
    }
    void unthrottle(tty_struct* tty) override { wake_up(ptyOf(tty)->master_wait); }
    int opened(tty_struct* tty) override {
        pty_struct* const pty = ptyOf(tty);
        if (pty->locked || pty->hung_up) return -EIO;
        ++pty->slaves;
        pty->slave_gone = false;
        return 0;
    }
    void closed(tty_struct* tty) override {
        pty_struct* const pty = ptyOf(tty);
        if (--pty->slaves) return;
        pty->slave_gone = true;
        wake_up(pty->master_wait);
    }
};

std::set<int>& indices() {
    static auto& all = *new std::set<int>;
    return all;
}
int devpts_new_index() {
    int index = 0;
    while (indices().contains(index)) ++index;
    if (index >= NR_UNIX98_PTY_MAX) return -ENOSPC;
    indices().insert(index);
    return index;
}

TRACED(int, ptmx_open, (inode*, node), (file*, filp)) {
    static PtyDriver driver;
    ktermios modes = tty_std_termios;
    modes.c_cflag = 0xbf;                   // B38400 CS8 CREAD
    const int index = devpts_new_index();
    if (index < 0) return index;
    auto pty = std::make_shared<pty_struct>(&driver, index, modes);
    pty->name = devpts_pty_new(pty);
    filp->private_data = pty;
    filp->f_mode &= ~FMODE_LSEEK;
    return 0;
}

// What the master reads is what its screen shows; without a slave that is all there will be.
TRACED(long, pty_read, (file*, filp), (std::span<u8>, to)) {
    constexpr u64 at_once = N_TTY_BUF_SIZE - 1;
    pty_struct* const pty = masterOf(filp);
    const auto ready = [pty] { return !pty->screen.empty() || pty->slave_gone; };
    if (!ready() && (filp->f_flags & O_NONBLOCK)) return -EAGAIN;
    TRY_INT(wait_event_interruptible(pty->master_wait, ready));
    if (pty->screen.empty()) return -EIO;
    const u64 head = pty->packet ? 1 : 0;   // TIOCPKT_DATA
    if (to.size() <= head) return 0;
    const u64 n = std::min({to.size() - head, pty->screen.size(), at_once});
    to[0] = 0;
    std::copy_n(pty->screen.begin(), n, to.begin() + static_cast<long>(head));
    pty->screen.erase(pty->screen.begin(), pty->screen.begin() + static_cast<long>(n));
    wake_up(pty->write_wait);
    return static_cast<long>(n + head);
}

TRACED(long, pty_write, (file*, filp), (std::span<const u8>, from)) {
    pty_struct* const pty = masterOf(filp);
    u64 done = 0;
    while (done < from.size()) {
        const auto room = [pty] { return roomFor(pty->ldisc, 256); };
        if (!room() && (filp->f_flags & O_NONBLOCK)) return done ? static_cast<long>(done) : -EAGAIN;
        const int error = wait_event_interruptible(pty->master_wait, [&room] { return room() != 0; });
        if (error) return done ? static_cast<long>(done) : error;
        const u64 n = std::min<u64>(room(), from.size() - done);
        n_tty_receive_buf(pty, from.subspan(done, n));
        done += n;
    }
    return static_cast<long>(done);
}

// The slave has lost its line: SIGHUP for its session, and nothing to read any more.
TRACED(void, pty_close, (file*, filp)) {
    pty_struct* const pty = masterOf(filp);
    devpts_pty_kill(std::exchange(pty->name, nullptr));
    indices().erase(pty->index);
    pty->other_closed = true;
    tty_hangup(pty);
}

struct MasterOperations final : file_operations {
    int open(inode* node, file* f) override { return ptmx_open(node, f); }
    void release(file* f) override { pty_close(f); }
    long read(file* f, std::span<u8> to, loff_t&) override { return to.empty() ? 0 : pty_read(f, to); }
    long write(file* f, std::span<const u8> from, loff_t&) override { return pty_write(f, from); }
    bool hasFasync(const file*) const override { return true; }
    bool shortReads() const override { return true; }
    long ioctl(file* f, unsigned command, u64 arg) override { return ptyMasterIoctl(masterOf(f), f, command, arg); }
    u32 poll(file* f) override {
        const pty_struct* const pty = masterOf(f);
        return (pty->screen.empty() ? 0 : READABLE) | (pty->slave_gone ? HUNG_UP : 0) | (roomFor(pty->ldisc, 1) ? WRITABLE : 0);
    }
    wait_queue_head_t* pollQueue(file* f) override { return &masterOf(f)->master_wait; }
};

struct SlaveOperations final : TerminalOperations {
    int open(inode* node, file* f) override { return openTerminal(static_cast<pty_struct*>(node->i_private.get()), f); }
};

}  // namespace

pty_struct::pty_struct(tty_operations* driver, int its_index, const ktermios& modes)
    : tty_struct(driver, "pts" + std::to_string(its_index), MKDEV(UNIX98_PTY_SLAVE_MAJOR, static_cast<u32>(its_index)), modes, {}),
      index(its_index) {}

file_operations* ptmxOperations() {
    static MasterOperations operations;
    return &operations;
}
file_operations* ptySlaveOperations() {
    static SlaveOperations operations;
    return &operations;
}

}  // namespace kernel
