// Terminals and the guest's standard streams (Linux drivers/tty/tty_io.c; tty(4), console(4)).
#include "kernel_model/drivers/tty/tty.hpp"

#include "kernel_model/include/stop.hpp"
#include "kernel_model/include/linux/hrtimer.hpp"

namespace kernel {
namespace {

// tty_std_termios: ICRNL IXON, and IUTF8 as consoles have it; OPOST ONLCR; B38400 CS8 CREAD HUPCL;
// ISIG ICANON ECHO ECHOE ECHOK ECHOCTL ECHOKE IEXTEN.
constexpr ktermios STANDARD{ICRNL | IXON | IUTF8, OPOST | ONLCR, 0x4bf, 0x8a3b, 0,
                            {3, 0x1c, 0x7f, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1a, 0, 0x12, 0xf, 0x17, 0x16, 0}};

bool isTerminal(const file* f) { return f->f_inode->i_rdev == MKDEV(4, 64); }    // ttyS0, as fs/super.cpp makes it

winsize hostSize() {
    winsize size{};
    machine().host->windowSize(size.ws_row, size.ws_col);
    return size;
}

void traceInput(const char* source, std::span<const u8> bytes) {
    if (!traces::tracer().on(traces::Kind::input)) return;
    traces::tracer().emit(traces::Kind::input, {{"source", traces::Value::text(source)},
                                                {"bytes", traces::Value::bytes(bytes.data(), bytes.size())}});
}

// The host's line discipline has sent a signal already: to us, who stand for the guest's foreground processes.
void hostSignal(tty_struct* tty, int signal) {
    if (signal == SIGWINCH) return resize(tty, hostSize());
    const u8 key = tty->termios.c_cc[signal == SIGINT ? VINTR : VQUIT];
    traceInput("terminal", {&key, 1});
    isig(signal, tty);
}

bool isInterrupted() {
    stopIfRequested();
    receiveTyped();
    return signal_pending(current);
}

long readStream(int stream, std::span<u8> to) {
    if (to.empty()) return 0;
    for (;;) {
        const long n = machine().host->readStream(stream, to);
        static const char* const names[] = {"stdin", "stdout", "stderr"};
        if (n >= 0) traceInput(names[stream], to.first(static_cast<u64>(n)));
        if (n != -EINTR) return n;
        if (isInterrupted()) return -ERESTARTSYS;
    }
}

long writeStream(int stream, std::span<const u8> from) {
    u64 done = 0;
    while (done < from.size()) {
        const long n = machine().host->writeStream(stream, from.subspan(done));
        if (n == -EINTR && isInterrupted()) return done ? static_cast<long>(done) : -ERESTARTSYS;
        if (n == -EINTR) continue;
        if (n == -EPIPE) signalPipe();
        if (n <= 0) return done ? static_cast<long>(done) : n;
        done += static_cast<u64>(n);
    }
    return static_cast<long>(done);
}

long readTerminal(file* f, std::span<u8> to, Opened through) {
    tty_struct* const tty = &theTerminal();
    if (through == Opened::terminal) TRY_INT(__tty_check_change(tty, SIGTTIN));
    TRY_INT(takeKeys(tty));
    return n_tty_read(tty, f, to);
}

long writeTerminal(file* f, int stream, std::span<const u8> from, Opened through) {
    tty_struct* const tty = &theTerminal();
    if (through == Opened::terminal && tty->termios.c_lflag & TOSTOP) TRY_INT(tty_check_change(tty));
    const auto flows = [tty] { return tty->hung_up || !(tty->stopped || tty->tco_stopped); };
    if (!flows() && f->f_flags & O_NONBLOCK) return -EAGAIN;
    TRY_INT(wait_event_interruptible(tty->write_wait, flows));
    if (tty->hung_up) return -EIO;
    const long n = writeStream(stream, from);
    if (n > 0) countColumns(tty, from.first(static_cast<u64>(n)));
    return n;
}

}  // namespace

HostTerminal* hostTerminal() {
    auto* const terminal = dynamic_cast<HostTerminal*>(machine().host);
    return terminal && terminal->there() ? terminal : nullptr;
}

tty_struct& theTerminal() {
    static tty_struct& terminal = *new tty_struct(STANDARD, hostSize());
    return terminal;
}

int takeKeys(tty_struct* tty) {
    HostTerminal* const host = hostTerminal();
    if (host->taken() || tty->hung_up) return 0;
    receiveTyped();      // the signals that came first
    TypedAhead ahead;
    TRY_INT(host->takeKeys(ahead));
    for (const auto& line : ahead.lines) traceInput("terminal", line);
    if (!ahead.unfinished.empty()) traceInput("terminal", ahead.unfinished);
    receiveShown(tty, ahead);
    return 0;
}

void receiveTyped() {
    u64 none = 0;
    static_cast<void>(receiveKeys(none));
}

// What does not fit waits on the host; a line that is too long is cut.
static u64 roomFor(const n_tty_data& line, u64 most) {
    if (line.read_buf.size() < N_TTY_BUF_SIZE / 2) return most;
    return line.read_buf.size() < N_TTY_BUF_SIZE || !line.finished ? 1 : 0;
}

bool receiveKeys(u64& wait_ns) {
    HostTerminal* const host = hostTerminal();
    if (!host) return false;
    tty_struct* const tty = &theTerminal();
    std::array<u8, 256> bytes;
    const long n = tty->hung_up ? 0 : host->keys({bytes.data(), roomFor(tty->ldisc, bytes.size())}, wait_ns);
    bool came = n != 0;
    while (const int signal = host->takeSignal()) {
        hostSignal(tty, signal);
        came = true;
    }
    if (n > 0) {
        traceInput("terminal", {bytes.data(), static_cast<u64>(n)});
        n_tty_receive_buf(tty, {bytes.data(), static_cast<u64>(n)});
    } else if (n < 0) {
        tty_hangup(tty);
    }
    return came;
}

u64 terminal_check_at = ~u64{0};
void checkTerminal() {
    constexpr u64 PERIOD = 1'000'000;       // instructions: as long as a quantum
    receiveTyped();
    terminal_check_at = processor().instructions() + PERIOD;
}

// Time passes as on the host meanwhile.
static bool waitOnHost(u64 wait_ns) {
    stopIfRequested();
    const u64 begin = ktime_get(), all = wait_ns;
    const bool came = receiveKeys(wait_ns);
    jumpVirtualTime(begin + (all - wait_ns));
    return came;
}

bool waitForTerminal(u64 until) {
    if (!hostTerminal()) return false;
    const tty_struct& tty = theTerminal();
    while (until == ~u64{0} && !tty.hung_up)
        if (waitOnHost(until)) return true;
    const bool awaited = !tty.read_wait.task_list.empty() || !tty.write_wait.task_list.empty();
    if (until <= ktime_get() || until == ~u64{0}) return false;
    if (!awaited) return waitOnHost(0);
    return waitOnHost(until - ktime_get()) || ktime_get() < until;
}

static TRACED(long, tty_read, (file*, filp), (int, stream), (std::span<u8>, to)) {
    return isTerminal(filp) ? readTerminal(filp, to, Opened::terminal) : readStream(stream, to);
}
static TRACED(long, tty_write, (file*, filp), (int, stream), (std::span<const u8>, from)) {
    return isTerminal(filp) ? writeTerminal(filp, stream, from, Opened::terminal) : writeStream(stream, from);
}

namespace {

u32 pollTerminal() {
    tty_struct* const tty = &theTerminal();
    if (takeKeys(tty) == 0) receiveTyped();
    return n_tty_poll(tty);
}

// A standard stream: a terminal when the host's is one, otherwise like a pipe.
struct HostStream : file_operations {
    int open(inode* node, file* f) override {
        f->private_data = node->i_private;
        f->f_mode &= ~FMODE_LSEEK;
        if (!isTerminal(f)) return 0;
        if (terminal_check_at == ~u64{0}) terminal_check_at = 0;
        tty_open_proc_set_tty(f, &theTerminal());
        return 0;
    }
    long read(file* f, std::span<u8> to, loff_t&) override { return tty_read(f, streamOf(f), to); }
    long write(file* f, std::span<const u8> from, loff_t&) override { return tty_write(f, streamOf(f), from); }
    bool shortReads() const override { return true; }
    long ioctl(file* f, unsigned command, u64 arg) override {
        if (isTerminal(f)) return tty_ioctl(&theTerminal(), f, command, arg);
        return command == 0x541b ? put_user(0, UserPtr<int>{arg}) : -ENOTTY;
    }
    u32 poll(file* f) override { return isTerminal(f) ? pollTerminal() : file_operations::poll(f); }
    wait_queue_head_t* pollQueue(file* f) override { return isTerminal(f) ? &theTerminal().read_wait : nullptr; }

private:
    static int streamOf(const file* f) { return *static_cast<int*>(f->private_data.get()); }
};

int outputStream() {
    HostGateway* const host = machine().host;
    return host->isTerminal(1) ? 1 : host->isTerminal(2) ? 2 : 0;
}

// /dev/tty, the terminal of the session, and /dev/console, which is standard input and output where there is no terminal.
struct Console : file_operations {
    explicit Console(Opened as) : as_(as) {}
    int open(inode*, file* f) override {
        f->f_mode &= ~FMODE_LSEEK;
        return as_ == Opened::terminal && !current->signal->tty ? -ENXIO : 0;
    }
    long read(file* f, std::span<u8> to, loff_t&) override {
        return hostTerminal() ? readTerminal(f, to, as_) : tty_read(f, 0, to);
    }
    long write(file* f, std::span<const u8> from, loff_t&) override {
        return hostTerminal() ? writeTerminal(f, outputStream(), from, as_) : tty_write(f, 1, from);
    }
    bool shortReads() const override { return true; }
    long ioctl(file* f, unsigned command, u64 arg) override {
        return hostTerminal() ? tty_ioctl(&theTerminal(), f, command, arg) : -ENOTTY;
    }
    u32 poll(file* f) override { return hostTerminal() ? pollTerminal() : file_operations::poll(f); }
    wait_queue_head_t* pollQueue(file*) override { return hostTerminal() ? &theTerminal().read_wait : nullptr; }

private:
    Opened as_;
};

}  // namespace

file_operations* hostStreamOperations() {
    static HostStream operations;
    return &operations;
}
file_operations* ttyDevice(u32 minor) {
    static Console controlling(Opened::terminal), console(Opened::console);
    return minor == 0 ? &controlling : &console;
}

}  // namespace kernel
