// Terminals and the guest's standard streams (Linux drivers/tty/tty_io.c, n_tty.c, tty_ioctl.c; tty_ioctl(4)).
// There is one terminal, the host's. Its line discipline is the host's: modes that the guest sets are kept, not applied.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/machine.hpp"

#include <array>

namespace kernel {
namespace {

struct termios {                            // the kernel's, 36 bytes (Linux uapi asm-generic/termbits.h)
    u32 c_iflag, c_oflag, c_cflag, c_lflag;
    std::array<u8, 20> c_line_and_cc;
};
static_assert(sizeof(termios) == 36);
// tty_std_termios: ICRNL IXON; OPOST ONLCR; B38400 CS8 CREAD HUPCL; ISIG ICANON ECHO ECHOE ECHOK ECHOCTL ECHOKE IEXTEN.
constexpr termios STANDARD{0x500, 5, 0x4bf, 0x8a3b, {0, 3, 0x1c, 0x7f, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1a, 0, 0x12, 0xf, 0x17, 0x16, 0}};

struct tty_struct {
    termios modes = STANDARD;
    pid_t pgrp = 0;                         // foreground process group; 0: not chosen yet
};
tty_struct& tty() {
    static tty_struct terminal;
    return terminal;
}

struct winsize { u16 rows, columns, x_pixels, y_pixels; };

pid_t groupOf(pid_type type) {
    const pid* p = current->group_leader->pids[type];
    return p ? p->nr.get() : 0;
}

long tty_ioctl(unsigned command, u64 arg) {
    switch (command) {
        case 0x5401: return put_user(tty().modes, UserPtr<termios>{arg});               // TCGETS
        case 0x5402: case 0x5403: case 0x5404:                                          // TCSETS, TCSETSW, TCSETSF
            tty().modes = TRY(get_user(UserPtr<termios>{arg}));
            return 0;
        case 0x5409: case 0x540a: case 0x540b: return 0;                                // TCSBRK, TCXONC, TCFLSH
        case 0x540e: return 0;                                                          // TIOCSCTTY
        case 0x5422: return 0;                                                          // TIOCNOTTY
        case 0x540f: return put_user(tty().pgrp ? tty().pgrp : groupOf(PIDTYPE_PGID), UserPtr<int>{arg});   // TIOCGPGRP
        case 0x5410:                                                                    // TIOCSPGRP
            tty().pgrp = TRY(get_user(UserPtr<int>{arg}));
            return 0;
        case 0x5429: return put_user(groupOf(PIDTYPE_SID), UserPtr<int>{arg});          // TIOCGSID
        case 0x5413: {                                                                  // TIOCGWINSZ
            winsize w{};
            machine().host->windowSize(w.rows, w.columns);
            return put_user(w, UserPtr<winsize>{arg});
        }
        case 0x5414: return 0;                                                          // TIOCSWINSZ
        case 0x541b: return put_user(0, UserPtr<int>{arg});                             // FIONREAD
        default: return -ENOTTY;
    }
}

bool isTerminal(int stream) { return machine().host->isTerminal(stream); }

long readStream(int stream, std::span<u8> to) {
    if (to.empty()) return 0;
    const long n = machine().host->readStream(stream, to);
    if (n >= 0 && traces::tracer().on(traces::Kind::input)) {
        static const char* const names[] = {"stdin", "stdout", "stderr"};
        traces::tracer().emit(traces::Kind::input, {{"source", traces::Value::text(names[stream])},
                                                    {"bytes", traces::Value::bytes(to.data(), static_cast<u64>(n))}});
    }
    return n;
}

long writeStream(int stream, std::span<const u8> from) {
    u64 done = 0;
    while (done < from.size()) {
        const long n = machine().host->writeStream(stream, from.subspan(done));
        if (n == -EPIPE) signalPipe();
        if (n <= 0) return done ? static_cast<long>(done) : n;
        done += static_cast<u64>(n);
    }
    return static_cast<long>(done);
}

}  // namespace

static TRACED(long, tty_read, (file*, filp), (int, stream), (std::span<u8>, to)) { return readStream(stream, to); }
static TRACED(long, tty_write, (file*, filp), (int, stream), (std::span<const u8>, from)) { return writeStream(stream, from); }

namespace {

// A standard stream: a terminal when the host's is one, otherwise like a pipe.
struct HostStream : file_operations {
    int open(inode* node, file* f) override {
        f->private_data = node->i_private;
        f->f_mode &= ~FMODE_LSEEK;
        return 0;
    }
    long read(file* f, std::span<u8> to, loff_t&) override { return tty_read(f, streamOf(f), to); }
    long write(file* f, std::span<const u8> from, loff_t&) override { return tty_write(f, streamOf(f), from); }
    bool shortReads() const override { return true; }
    long ioctl(file* f, unsigned command, u64 arg) override {
        if (isTerminal(streamOf(f))) return tty_ioctl(command, arg);
        return command == 0x541b ? put_user(0, UserPtr<int>{arg}) : -ENOTTY;
    }

private:
    static int streamOf(const file* f) { return *static_cast<int*>(f->private_data.get()); }
};

// /dev/console and /dev/tty: standard input and output together.
struct Console : file_operations {
    explicit Console(bool controlling) : controlling_(controlling) {}
    int open(inode*, file* f) override {
        f->f_mode &= ~FMODE_LSEEK;
        return controlling_ && !isTerminal(0) && !isTerminal(1) && !isTerminal(2) ? -ENXIO : 0;
    }
    long read(file* f, std::span<u8> to, loff_t&) override { return tty_read(f, 0, to); }
    long write(file* f, std::span<const u8> from, loff_t&) override { return tty_write(f, 1, from); }
    bool shortReads() const override { return true; }
    long ioctl(file*, unsigned command, u64 arg) override { return tty_ioctl(command, arg); }

private:
    bool controlling_;
};

}  // namespace

file_operations* hostStreamOperations() {
    static HostStream operations;
    return &operations;
}
file_operations* ttyDevice(u32 minor) {
    static Console controlling(true), console(false);
    return minor == 0 ? &controlling : &console;
}

}  // namespace kernel
