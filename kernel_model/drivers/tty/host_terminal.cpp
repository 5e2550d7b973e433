// The guest's first terminal and its standard streams, which are the host's (ours).
#include "kernel_model/drivers/tty/tty.hpp"

#include "kernel_model/include/linux/hrtimer.hpp"
#include "kernel_model/include/linux/signal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/stop.hpp"

namespace kernel {
namespace {

using traces::Value;

constexpr const char* streamNames[] = {"stdin", "stdout", "stderr"};

bool receiveKeys(u64& wait_ns);
void receiveTyped() {
    u64 none = 0;
    static_cast<void>(receiveKeys(none));
}

bool isTerminal(const file* f) { return f->f_inode->i_rdev == MKDEV(4, 64); }    // ttyS0, as fs/super.cpp makes it

winsize hostSize() {
    winsize size{};
    hostTerminal()->size(size.ws_row, size.ws_col);
    return size;
}

// All that comes from the host is in the trace, with what it takes to bring it again at the same place: a look at the terminal that
// is not there brought nothing, in the time that it had; a read or a write, no error.
void traceInput(const char* source, std::span<const u8> bytes, std::vector<traces::Attr> more = {}) {
    if (!traces::tracer().on(traces::Kind::input)) return;
    more.insert(more.begin(), {{"source", Value::text(source)}, {"bytes", Value::bytes(bytes.data(), bytes.size())}});
    traces::tracer().emit(traces::Kind::input, std::move(more));
}

void traceFailure(const char* source, long error, u64 left) {
    std::vector<traces::Attr> more{{"error", Value::text(errnoName(static_cast<int>(-error)))}};
    if (left) more.push_back({"left", Value::count(static_cast<i64>(left))});
    traceInput(source, {}, std::move(more));
}

// One look at the host's terminal.
struct Look {
    u64 number;
    u64 waited = 0;                         // ns
    void trace(std::span<const u8> bytes, std::vector<traces::Attr> more = {}) {
        more.push_back({"look", Value::count(static_cast<i64>(number))});
        if (const u64 once = std::exchange(waited, 0)) more.push_back({"waited", Value::count(static_cast<i64>(once))});
        traceInput("terminal", bytes, std::move(more));
    }
};

// The host's line discipline has sent a signal already: to us, who stand for the guest's foreground processes.
void hostSignal(tty_struct* tty, int signal, Look& look) {
    const Value name = Value::text(signalName(signal));
    if (signal == SIGWINCH) {
        const winsize size = hostSize();
        look.trace({}, {{"signal", name}, {"rows", Value::count(size.ws_row)}, {"columns", Value::count(size.ws_col)}});
        return resize(tty, size);
    }
    const u8 key = tty->termios.c_cc[signal == SIGINT ? VINTR : VQUIT];
    look.trace({&key, 1}, {{"signal", name}});
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
        if (n >= 0) traceInput(streamNames[stream], to.first(static_cast<u64>(n)));
        else traceFailure(streamNames[stream], n, 0);
        if (n != -EINTR) return n;
        if (isInterrupted()) return -ERESTARTSYS;
    }
}

long writeStream(int stream, std::span<const u8> from) {
    u64 done = 0;
    while (done < from.size()) {
        const long n = machine().host->writeStream(stream, from.subspan(done));
        if (n < 0) traceFailure(streamNames[stream], n, from.size() - done);
        if (n == -EINTR && isInterrupted()) return done ? static_cast<long>(done) : -ERESTARTSYS;
        if (n == -EINTR) continue;
        if (n == -EPIPE) signalPipe();
        if (n <= 0) return done ? static_cast<long>(done) : n;
        done += static_cast<u64>(n);
    }
    return static_cast<long>(done);
}

int outputStream() {
    HostGateway* const host = machine().host;
    return host->isTerminal(1) ? 1 : host->isTerminal(2) ? 2 : 0;
}
int streamOf(const file* f) { return *static_cast<int*>(f->private_data.get()); }

struct HostDriver final : tty_operations {
    long write(tty_struct*, const file* f, std::span<const u8> from) override {
        return writeStream(f->f_op == hostStreamOperations() ? streamOf(f) : outputStream(), from);
    }
    void show(tty_struct*, std::span<const u8> echo) override { static_cast<void>(hostTerminal()->write(echo)); }
    void set_termios(tty_struct* tty) override { hostTerminal()->setOutputModes(tty->termios.c_oflag); }
    void receiveTyped(tty_struct*) override { kernel::receiveTyped(); }
    int takeKeys(tty_struct* tty) override;
};

int HostDriver::takeKeys(tty_struct* tty) {
    HostTerminal* const host = hostTerminal();
    if (host->taken() || tty->hung_up) return 0;
    kernel::receiveTyped();      // the signals that came first
    TypedAhead ahead;
    if (const int error = host->takeKeys(ahead); error < 0) {
        traceFailure("terminal", error, 0);
        return error;
    }
    for (const auto& line : ahead.lines) traceInput("terminal", line, {{"ahead", Value::text("line")}});
    if (!ahead.unfinished.empty()) traceInput("terminal", ahead.unfinished, {{"ahead", Value::text("unfinished")}});
    receiveShown(tty, ahead);
    return 0;
}

// Takes in what was typed on the host, waiting for at most `wait_ns` of its time, and leaves what was not waited. True: something came.
bool receiveKeys(u64& wait_ns) {
    HostTerminal* const host = hostTerminal();
    if (!host) return false;
    tty_struct* const tty = &theTerminal();
    std::array<u8, 256> bytes;
    u64 none = 0;
    u64& left = tty->hung_up ? none : wait_ns;
    const u64 all = left;
    static u64 looks = 0;
    Look look{looks++};
    const long n = host->keys(look.number, {bytes.data(), tty->hung_up ? 0 : roomFor(tty->ldisc, bytes.size())}, left);
    look.waited = all - left;
    bool came = n != 0;
    while (const int signal = host->takeSignal()) {
        hostSignal(tty, signal, look);
        came = true;
    }
    if (n > 0) {
        look.trace({bytes.data(), static_cast<u64>(n)});
        n_tty_receive_buf(tty, {bytes.data(), static_cast<u64>(n)});
    } else if (n < 0) {
        look.trace({}, {{"error", Value::text(errnoName(static_cast<int>(-n)))}});
        tty_hangup(tty);
    } else if (!came && left) {
        look.trace({});
    }
    return came;
}

}  // namespace

HostTerminal* hostTerminal() {
    return machine().host->terminal();
}

tty_struct& theTerminal() {
    static HostDriver driver;
    static const std::shared_ptr<tty_struct>& terminal = *new std::shared_ptr<tty_struct>([] {
        ktermios modes = tty_std_termios;
        modes.c_iflag |= IUTF8;             // as consoles have it
        return std::make_shared<tty_struct>(&driver, "ttyS0", MKDEV(4, 64), modes, hostSize());
    }());
    return *terminal;
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
    return isTerminal(filp) ? readTerminal(&theTerminal(), filp, to, Opened::terminal) : readStream(stream, to);
}
static TRACED(long, tty_write, (file*, filp), (int, stream), (std::span<const u8>, from)) {
    return isTerminal(filp) ? writeTerminal(&theTerminal(), filp, from, Opened::terminal) : writeStream(stream, from);
}

namespace {

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
    bool hasFasync(const file*) const override { return true; }
    bool shortReads() const override { return true; }
    long ioctl(file* f, unsigned command, u64 arg) override {
        if (isTerminal(f)) return tty_ioctl(&theTerminal(), f, command, arg);
        return command == 0x541b ? put_user(0, UserPtr<int>{arg}) : -ENOTTY;
    }
    u32 poll(file* f) override { return isTerminal(f) ? pollTerminal(&theTerminal()) : file_operations::poll(f); }
    wait_queue_head_t* pollQueue(file* f) override { return isTerminal(f) ? &theTerminal().read_wait : nullptr; }
};

// /dev/console: standard input and output where there is no terminal.
struct Console final : file_operations {
    int open(inode*, file* f) override {
        f->f_mode &= ~FMODE_LSEEK;
        return 0;
    }
    long read(file* f, std::span<u8> to, loff_t&) override {
        return hostTerminal() ? readTerminal(&theTerminal(), f, to, Opened::console) : tty_read(f, 0, to);
    }
    long write(file* f, std::span<const u8> from, loff_t&) override {
        return hostTerminal() ? writeTerminal(&theTerminal(), f, from, Opened::console) : tty_write(f, 1, from);
    }
    bool hasFasync(const file*) const override { return true; }
    bool shortReads() const override { return true; }
    long ioctl(file* f, unsigned command, u64 arg) override {
        return hostTerminal() ? tty_ioctl(&theTerminal(), f, command, arg) : -ENOTTY;
    }
    u32 poll(file* f) override { return hostTerminal() ? pollTerminal(&theTerminal()) : file_operations::poll(f); }
    wait_queue_head_t* pollQueue(file*) override { return hostTerminal() ? &theTerminal().read_wait : nullptr; }
};

}  // namespace

file_operations* hostStreamOperations() {
    static HostStream operations;
    return &operations;
}
file_operations* consoleOperations() {
    static Console operations;
    return &operations;
}

}  // namespace kernel
